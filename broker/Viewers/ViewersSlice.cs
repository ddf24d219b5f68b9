using Consoles.Broker.Hosting;
using Consoles.Broker.Viewers.Files;
using Consoles.Broker.Viewers.Serial;
using Consoles.Broker.Viewers.Spice;
using Consoles.Broker.Viewers.Vnc;

namespace Consoles.Broker.Viewers;

/// <summary>Viewers of people's own, in the place of a browser.</summary>
internal static class ViewersSlice
{
    public static void AddViewers(this WebApplicationBuilder builder)
    {
        builder.AddValidatedOptions<ViewersOptions>("Viewers");
        builder.Services.AddSingleton<ViewerListeners>();
        builder.AddViewerPlaces();
        builder.Services.AddSingleton<IMoreListeners>(services => services.GetRequiredService<ViewerListeners>());
        builder.Services.AddSingleton<ViewerCertificate>();
        builder.Services.AddSingleton<WaitingViewers>();
        builder.Services.AddSingleton<Reception>();
        builder.Services.AddSingleton<Admission>();
        builder.Services.AddSingleton<ViewerFiles>();
        builder.Services.AddSingleton<VncDoor>();
        builder.Services.AddSingleton<QemuTlsRun>();
        builder.Services.AddSingleton<SpiceDoor>();
        builder.Services.AddSingleton<SerialDoor>();
        builder.Services.AddSingleton<TelnetDoor>();
    }

    public static void MapViewers(this WebApplication broker)
    {
        broker.MapViewerFiles();
        broker.Lifetime.ApplicationStarted.Register(() => LogListening(broker.Services));
    }

    private static void LogListening(IServiceProvider services)
    {
        var logger = services.GetRequiredService<ILogger<ViewerListeners>>();

        foreach (var (door, address) in services.GetRequiredService<ViewerListeners>().All)
        {
            logger.ListeningForViewers(door, address);
        }
    }
}
