using Consoles.Broker.Hosting;
using Microsoft.Extensions.Options;

namespace Consoles.Broker.Authority;

internal static class AuthoritySlice
{
    public static void AddAuthority(this WebApplicationBuilder builder)
    {
        builder.AddValidatedOptions<AuthorityOptions>("Authority");
        builder.Services.AddSingleton<AuthorityRoots>();
        builder.Services.AddSingleton<AuthorityState>();
        builder.Services.AddSingleton<HostRoots>();
        builder.Services.AddSingleton<OwnHostCertificates>();
        builder.Services.AddSingleton<CommandHostCertificates>();
        builder.Services.AddSingleton<IHostCertificateIssuer>(services => services.GetRequiredService<IOptions<AuthorityOptions>>().Value.HostCommand is null
            ? services.GetRequiredService<OwnHostCertificates>()
            : services.GetRequiredService<CommandHostCertificates>());
        builder.Services.AddSingleton<RollOver>();
        builder.Services.AddSingleton<HostCertificates>();
        builder.Services.AddSingleton<FleetCertificates>();
        builder.Services.AddSingleton<BrokerCertificate>();
        builder.Services.AddSingleton<PeopleCertificate>();
        builder.Services.AddSingleton<BrokerClientCertificate>();
        builder.Services.AddSingleton<AuthorityGuestTrust>();
    }
}
