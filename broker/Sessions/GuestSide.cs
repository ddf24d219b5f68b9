using Consoles.Broker.Authority;
using Consoles.Broker.Hosting;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Consoles.Broker.Sessions;

/// <summary>The half of the slice that dials guests.</summary>
internal static class GuestSide
{
    public static void AddGuests(this WebApplicationBuilder builder)
    {
        builder.AddValidatedOptions<GuestTlsOptions>("GuestTls");

        builder.Services.TryAddSingleton<IGuestTrust>(services => services.GetRequiredService<IOptions<GuestTlsOptions>>().Value is { CaFile: { } roots } files
            ? new GuestTrustFiles(roots, files.CertificateFile, files.KeyFile, services.GetRequiredService<TimeProvider>())
            : services.GetRequiredService<AuthorityGuestTrust>());

        builder.Services.TryAddSingleton<IGuestConnector, VncConnector>();
    }
}
