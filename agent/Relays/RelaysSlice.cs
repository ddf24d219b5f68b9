using Consoles.Agent.Inventory;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Consoles.Agent.Relays;

internal static class RelaysSlice
{
    public static void AddRelays(this IHostApplicationBuilder builder)
    {
        builder.Services.AddSingleton<IKeyboards, LibvirtKeyboards>();
        builder.Services.AddSingleton<ILinkRequestHandler, KeysAnswers>();
        builder.Services.AddSingleton<IStreamOpener, ScreenshotOpener>();
        builder.Services.AddOptions<RelayOptions>().BindConfiguration("Relays").ValidateOnStart();
        builder.Services.AddSingleton<IValidateOptions<RelayOptions>, RelayOptionsValidator>();
        builder.Services.AddSingleton<StreamAnswers>();
        builder.Services.AddSingleton<ILinkRequestHandler>(services => services.GetRequiredService<StreamAnswers>());
        builder.Services.AddHostedService(services => services.GetRequiredService<StreamAnswers>());
        builder.Services.AddSingleton<IStreamOpener, GraphicsOpener>();
        builder.Services.AddOptions<SerialOptions>().BindConfiguration("Relays:Serial").ValidateOnStart();
        builder.Services.AddSingleton<IValidateOptions<SerialOptions>, SerialOptionsValidator>();
        builder.Services.AddSingleton<SerialTls>();
        builder.Services.AddSingleton<IOwnSerialLines, OwnSerialLines>();
        builder.Services.AddSingleton<SerialConsoles>();
        builder.Services.AddSingleton<SerialLines>();
        builder.Services.AddHostedService(services => services.GetRequiredService<SerialLines>());
        builder.Services.AddSingleton<ILinkRequestHandler, LineAnswers>();
        builder.Services.AddSingleton<IStreamOpener, SerialOpener>();
        builder.Services.AddSingleton<IStreamOpener, SerialPastOpener>();
    }
}
