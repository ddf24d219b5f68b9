using Consoles.Broker.Hosting;
using Consoles.Broker.Sessions;
using Microsoft.Extensions.Options;
using RouteOptions = Consoles.Broker.Sessions.RouteOptions;

namespace Consoles.Broker.Nova.Proxies;

/// <summary>The half of the slice that Nova's clients open consoles by.</summary>
internal static class ProxiesSlice
{
    public static void AddNovaProxies(this WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton<VncProxy2011>();
        builder.Services.AddSingleton<ProxyListeners>();
        builder.Services.AddSingleton<IMoreListeners>(services => services.GetRequiredService<ProxyListeners>());
        builder.Services.AddHostedService(services => services.GetRequiredService<ProxyListeners>());
        builder.Services.AddSingleton<ProxyAdmission>();
        builder.Services.AddSingleton<ProxySessions>();
        builder.Services.AddSingleton<SessionRecords>();
        builder.Services.AddSingleton<ProxyDoor>();
        builder.Services.AddSingleton<WaitingClients>();
        builder.Services.AddSingleton<XvpProxy>();
        builder.Services.AddSingleton<SpiceDirectProxy>();
        builder.Services.AddSingleton<FlashPolicy>();
        builder.Services.AddOptions<RouteOptions>().PostConfigure<IOptions<NovaOptions>>((routes, nova) => routes.PreferIpv6 |= nova.Value is { Enabled: true, SourceIsIpv6: true });
        builder.Services.AddOptions<GuestTlsOptions>().PostConfigure<IOptions<NovaOptions>>((tls, nova) => tls.AllowPlain ??= AllowsPlain(nova.Value));
        builder.AddNovaPorts();
        builder.AddTokenFreeLogs();
    }

    // What was said of guests' TLS itself comes before what nova.conf says of VNC's.
    private static bool? AllowsPlain(NovaOptions nova) => nova.Enabled && nova.AuthSchemes.Length > 0 ? nova.AuthSchemes.Contains("none", StringComparer.Ordinal) : null;

    public static void UseNovaProxies(this WebApplication broker)
    {
        var listeners = broker.Services.GetRequiredService<ProxyListeners>();
        var door = broker.Services.GetRequiredService<ProxyDoor>();

        var of2011 = broker.Services.GetRequiredService<VncProxy2011>();

        broker.Use((context, next) =>
            listeners.Of2011.Brought(context) ? IdleClient.ServeAsync(context, of2011.ServeAsync)
            : listeners.Of(context) is { } proxy ? IdleClient.ServeAsync(context, its => door.ServeAsync(its, proxy))
            : next(context));

        broker.Lifetime.ApplicationStarted.Register(() =>
        {
            listeners.LogListening();
            broker.LogPeopleMoved();
        });
    }
}
