using Consoles.Broker.Hosting;

namespace Consoles.Broker.Authority;

internal static class AuthoritySlice
{
    public static void AddAuthority(this WebApplicationBuilder builder)
    {
        builder.AddValidatedOptions<AuthorityOptions>("Authority");
        builder.Services.AddSingleton<AuthorityRoots>();
        builder.Services.AddSingleton<FleetCertificates>();
        builder.Services.AddSingleton<BrokerCertificate>();
        builder.Services.AddSingleton<BrokerClientCertificate>();
        builder.Services.AddSingleton<AuthorityGuestTrust>();
    }
}
