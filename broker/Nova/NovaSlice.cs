using Consoles.Broker.Hosting;
using Consoles.Broker.Nova.Api;
using Consoles.Broker.Nova.Api.Identity;
using Consoles.Broker.Nova.Proxies;
using Microsoft.Extensions.Options;

namespace Consoles.Broker.Nova;

internal static class NovaSlice
{
    public static void AddNova(this WebApplicationBuilder builder)
    {
        builder.AddValidatedOptions<NovaOptions>("Nova");
        builder.Services.AddSingleton<NovaTls>();
        builder.Services.AddHostedService(services => services.GetRequiredService<NovaTls>());
        builder.Services.AddSingleton<Forwarders>();
        builder.AddNovaApi();
        builder.AddNovaProxies();
    }

    /// <summary>Comes before what people and agents are served: what this face's listeners bring is answered here, and nowhere else.</summary>
    public static void UseNova(this WebApplication broker)
    {
        if (!broker.Services.GetRequiredService<IOptions<NovaOptions>>().Value.Enabled)
        {
            return;
        }

        broker.UseNovaApi();
        broker.Lifetime.ApplicationStarted.Register(broker.Services.GetRequiredService<Keystone>().WarnOfProjects);
        broker.UseNovaProxies();
    }
}
