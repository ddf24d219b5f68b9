using Consoles.Broker.Hosting;
using Consoles.Broker.Nova.Api.Identity;
using Consoles.Broker.Nova.Proxies;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Options;

namespace Consoles.Broker.Nova.Api;

/// <summary>The listener of the compute API, and its pipeline.</summary>
internal static class NovaApi
{
    public static void AddNovaApi(this WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton<NovaApiListener>();
        builder.Services.AddSingleton<IMoreListeners>(services => services.GetRequiredService<NovaApiListener>());
        builder.Services.AddSingleton<NovaApiDoor>();
        builder.Services.AddSingleton<NovaRoutes>();
        builder.Services.AddSingleton<ServerLists>();
        builder.Services.AddSingleton<ServerActions>();
        builder.Services.AddSingleton<ConsoleTypes>();
        builder.Services.AddSingleton<RemoteConsoles>();
        builder.Services.AddSingleton<ConsoleOutput>();
        builder.Services.AddSingleton<ConsoleAuthTokens>();
        builder.Services.AddSingleton<NovaCallers>();
        builder.Services.AddSingleton<IdentityTokens>();
        builder.Services.AddSingleton<IdentityFront>();
        builder.Services.AddSingleton<Keystone>();
    }

    public static void UseNovaApi(this WebApplication broker)
    {
        var listener = broker.Services.GetRequiredService<NovaApiListener>();
        var door = broker.Services.GetRequiredService<NovaApiDoor>();
        broker.MapWhen(listener.Listener.Brought, branch => branch.Run(context => IdleClient.ServeAsync(context, door.AnswerAsync)));

        if (listener.IsOn)
        {
            broker.Lifetime.ApplicationStarted.Register(() => broker.Services.GetRequiredService<ILogger<NovaApiListener>>().NovaApiListens(listener.Listener.EndPoint));
        }
    }
}

/// <summary>Where the compute API is asked.</summary>
internal sealed class NovaApiListener(IOptions<NovaOptions> options, NovaTls tls, WaitingClients waiting, TimeProvider clock) : IMoreListeners
{
    public NovaListener Listener { get; } = new();

    public bool IsOn => options.Value is { Enabled: true, Api.Enabled: true };

    public void Listen(KestrelServerOptions kestrel)
    {
        if (!IsOn)
        {
            return;
        }

        var api = options.Value.Api;
        Listener.Listen(kestrel, api.Address, api.Port, listen =>
        {
            waiting.Watch(listen);

            if (api.EffectiveScheme == ListenerScheme.Https)
            {
                listen.UseTlsAndPlain(tls.ForListeners(), sslOnly: true, ProxyListeners.StepLimit);
            }
            else
            {
                listen.UseFirstByteLimit(ProxyListeners.StepLimit);
            }

            IdleClient.Watch(listen, ProxyListeners.StepLimit, clock);
        });
    }
}
