using Consoles.Agent.Certificates;
using Consoles.Common.Inventory;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Consoles.Agent.Enabling;

internal static class EnablingSlice
{
    public static void AddEnabling(this IHostApplicationBuilder builder)
    {
        builder.Services.AddSingleton<RunningGuests>();
        builder.Services.AddSingleton<LibvirtRestart>();
        builder.Services.AddSingleton<QemuConfLock>();
        builder.Services.AddSingleton<QemuConfSwitch>();
        builder.Services.AddSingleton<RollOutReport>();
        builder.Services.AddSingleton(services => new WantedSets(
            services.GetRequiredService<CertificateFiles>(),
            services.GetRequiredService<QemuDryLoad>(),
            services.GetService<Func<IReadOnlyDictionary<CertificateUse, string>, CancellationToken, Task>>() ?? ByHand));
    }

    private static Task ByHand(IReadOnlyDictionary<CertificateUse, string> missing, CancellationToken cancellationToken) =>
        throw new EnablingException($"There are no certificates in {string.Join(", ", missing.Values.Distinct(StringComparer.Ordinal))}. qemu.conf was not changed.");
}
