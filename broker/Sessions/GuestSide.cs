using Consoles.Broker.Authority;
using Consoles.Broker.Hosting;
using Consoles.Broker.Sessions.Serial;
using Consoles.Broker.Sessions.Spice;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Consoles.Broker.Sessions;

/// <summary>The half of the slice that dials guests.</summary>
internal static class GuestSide
{
    public static void AddGuests(this WebApplicationBuilder builder)
    {
        builder.AddValidatedOptions<GuestTlsOptions>("GuestTls");
        builder.AddValidatedOptions<RouteOptions>("Routes");

        // Whoever trusts other roots than the authority's would refuse what it issues.
        builder.Services.AddOptions<AuthorityOptions>().PostConfigure<IOptions<GuestTlsOptions>>((authority, tls) => authority.HostCertificates &= tls.Value.CaFile is null);

        builder.Services.TryAddSingleton<IGuestTrust>(services => services.GetRequiredService<IOptions<GuestTlsOptions>>().Value is { CaFile: { } roots } files
            ? new GuestTrustFiles(roots, files.CertificateFile, files.KeyFile, services.GetRequiredService<TimeProvider>())
            : services.GetRequiredService<AuthorityGuestTrust>());

        builder.Services.AddSingleton<RoutePolicy>();
        builder.Services.AddSingleton<IGuestRoutes, GuestRoutes>();
        builder.Services.AddSingleton<GuestDial>();
        builder.Services.AddSingleton<SerialDial>();
        builder.Services.AddSingleton<DialledLines>();
        builder.Services.AddSingleton<IKindConnector, VncConnector>();
        builder.Services.AddSingleton<SpiceGuests>();
        builder.Services.AddSingleton<IKindConnector, SpiceConnector>();
        builder.Services.AddSingleton<IKindConnector, SerialConnector>();
        builder.Services.TryAddSingleton<IGuestConnector, GuestConnectors>();
    }
}
