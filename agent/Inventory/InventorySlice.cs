using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;

namespace Consoles.Agent.Inventory;

internal static class InventorySlice
{
    public static void AddInventory(this IHostApplicationBuilder builder)
    {
        builder.Services.TryAddSingleton(TimeProvider.System);
        builder.Services.AddSingleton<NodeInventory>();
        builder.Services.AddSingleton<ReadinessProbe>();
        builder.Services.AddSingleton<ReadinessProbes>();
        builder.Services.AddHostedService(services => services.GetRequiredService<ReadinessProbes>());
        builder.Services.AddSingleton<InventoryPublisher>();
        builder.Services.AddSingleton<Incarnations>();
        builder.Services.AddSingleton<DomainReader>();
        builder.Services.AddSingleton<LibvirtAccess>();
        builder.Services.AddSingleton<PresentRun>();
        builder.Services.AddSingleton<OpenedGraphics>();
        builder.Services.AddSingleton<IConsolePasswordReader, ConsolePasswordReader>();
        builder.Services.AddHostedService<InventoryReader>();
    }
}
