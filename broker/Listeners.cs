using System.Net;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Consoles.Broker.Authority;
using Consoles.Broker.Hosting;
using Consoles.Broker.Nova;
using Consoles.Broker.Sessions;
using Consoles.Broker.Store;
using Consoles.Broker.Viewers;
using Consoles.Common.Systemd;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Consoles.Broker;

/// <summary>The two listeners: one for people, one for agents, since asking browsers for certificates makes them prompt.</summary>
internal static class Listeners
{
    private static readonly TimeSpan HandshakeTimeout = TimeSpan.FromSeconds(10);

    private const int MaxClientCertificateBytes = 16 * 1024;

    // Within the five seconds that a stop may take, whatever is still open.
    private static readonly TimeSpan ShutdownTimeout = TimeSpan.FromSeconds(4);

    public static void AddListeners(this WebApplicationBuilder builder)
    {
        builder.AddValidatedOptions<ListenersOptions>("Listeners");
        builder.Services.AddSingleton<IValidateOptions<ListenersOptions>, ListenersApart>();
        builder.Services.AddSingleton(services => new DescriptorBudget(Posix.RaiseOpenFiles(), more: MoreOf(services)));
        builder.Services.AddSingleton<BoundListeners>();
        builder.Services.TryAddSingleton(ServiceNotifier.FromEnvironment());
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = ShutdownTimeout);
        builder.Services.Configure<SocketTransportOptions>(sockets => sockets.NoDelay = true);

        builder.Services.AddOptions<KestrelServerOptions>()
            .Configure<IOptions<ListenersOptions>, BrokerCertificate, PeopleCertificate, DescriptorBudget, BoundListeners>(Configure)
            .Configure<IEnumerable<IMoreListeners>>((kestrel, more) => more.ToList().ForEach(listeners => listeners.Listen(kestrel)));
    }

    private static Task TellSystemdAsync(IServiceProvider services, CancellationToken stopping) => new ServiceStatus(
        services.GetRequiredService<ServiceNotifier>(),
        () => Words(services),
        services.GetRequiredService<ILogger<BoundListeners>>().StateNotTold,
        services.GetRequiredService<TimeProvider>()).TellAsync(stopping);

    private static string Words(IServiceProvider services)
    {
        var bound = services.GetRequiredService<BoundListeners>();
        return $"People are awaited at {bound.People}, agents at {bound.Agents}; {services.GetRequiredService<SessionRegistry>().Sessions.Count} sessions";
    }

    private static int MoreOf(IServiceProvider services)
    {
        var viewers = services.GetRequiredService<IOptions<ViewersOptions>>().Value;

        return (services.GetRequiredService<IOptions<NovaOptions>>().Value.Enabled ? 1 : 0)
            + (viewers.Vnc.Enabled || viewers.Spice.Enabled || viewers.Serial.Enabled || viewers.Telnet.Enabled ? 1 : 0);
    }

    public static void UseListeners(this WebApplication broker)
    {
        // In this order, which is not the framework's own: on the other listener a route is not there, whoever asks.
        broker.UseRouting();
        broker.UseListenerRouting();
        broker.UseAuthentication();
        broker.UseAuthorization();
        broker.UseWebSockets();
        broker.MapGet("/healthz", () => Results.Text("alive\n")).AllowAnonymous();
        broker.MapGet("/readyz", Ready).AllowAnonymous();
        broker.Lifetime.ApplicationStarted.Register(() => LogListening(broker.Services));
        broker.Lifetime.ApplicationStarted.Register(() => _ = TellSystemdAsync(broker.Services, broker.Lifetime.ApplicationStopping));
    }

    private static void Configure(KestrelServerOptions kestrel, IOptions<ListenersOptions> options, BrokerCertificate own, PeopleCertificate shown, DescriptorBudget budget, BoundListeners bound)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxConcurrentConnections = budget.Connections;

        // A relayed session has two of them: the viewer's, and the agent's in the place of one that would be dialled.
        kestrel.Limits.MaxConcurrentUpgradedConnections = (2 * budget.Sessions) + budget.Links;
        kestrel.Limits.MaxRequestLineSize = 8 * 1024;
        kestrel.Limits.MaxRequestHeadersTotalSize = 16 * 1024;
        kestrel.Limits.MaxRequestHeaderCount = 64;
        kestrel.Limits.MaxRequestBodySize = 64 * 1024;
        kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10);
        kestrel.Limits.MinResponseDataRate = new MinDataRate(bytesPerSecond: 4096, gracePeriod: TimeSpan.FromSeconds(10));

        // A browser sends the cookies of every application of a host, and not all of them write UTF-8.
        kestrel.RequestHeaderEncodingSelector = name => name.Equals("Cookie", StringComparison.OrdinalIgnoreCase) ? Encoding.Latin1 : null;

        ListenOptions? people = null;
        ListenOptions? agents = null;
        var listeners = options.Value;

        kestrel.Listen(IPAddress.Parse(listeners.People.Address), listeners.People.Port, listen =>
        {
            people = listen;
            listen.Mark(ListenerMark.People);

            if (listeners.People.EffectiveScheme == ListenerScheme.Https)
            {
                listen.UseHttps(PeopleTls(shown));
            }
        });

        kestrel.Listen(listeners.AgentsAddress, listeners.Agents.Port, listen =>
        {
            agents = listen;
            listen.Mark(ListenerMark.Agents);
            listen.UseHttps(AgentsTls(own));
        });

        bound.Keep(people!, agents!);
    }

    private static TlsHandshakeCallbackOptions PeopleTls(PeopleCertificate shown) => new()
    {
        HandshakeTimeout = HandshakeTimeout,
        OnConnection = _ => ValueTask.FromResult(new SslServerAuthenticationOptions
        {
            ServerCertificateContext = shown.Context,
            EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
            ApplicationProtocols = [SslApplicationProtocol.Http11],
        }),
    };

    // Whoever enrols has no certificate yet, so none is demanded here: the routes judge the one that was shown, and can say why they refuse it.
    private static TlsHandshakeCallbackOptions AgentsTls(BrokerCertificate own) => new()
    {
        HandshakeTimeout = HandshakeTimeout,
        OnConnection = _ => ValueTask.FromResult(new SslServerAuthenticationOptions
        {
            ServerCertificateContext = own.Context,
            EnabledSslProtocols = SslProtocols.Tls13,
            ApplicationProtocols = [SslApplicationProtocol.Http11],
            ClientCertificateRequired = true,
            AllowTlsResume = false,
            CertificateChainPolicy = new X509ChainPolicy
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                RevocationMode = X509RevocationMode.NoCheck,
                DisableCertificateDownloads = true,
            },
            RemoteCertificateValidationCallback = (_, shown, _, _) => shown is null || shown.GetRawCertData().Length <= MaxClientCertificateBytes,
        }),
    };

    private static IResult Ready(Database database, IHostApplicationLifetime lifetime)
    {
        if (lifetime.ApplicationStopping.IsCancellationRequested)
        {
            return Results.Text("stopping\n", statusCode: StatusCodes.Status503ServiceUnavailable);
        }

        try
        {
            database.Check();
            return Results.Text("ready\n");
        }
        catch (StoreException)
        {
            // The path and the reason are not for whoever asks; those who use the store log them.
            return Results.Text("the store is not available\n", statusCode: StatusCodes.Status503ServiceUnavailable);
        }
    }

    private static void LogListening(IServiceProvider services)
    {
        var bound = services.GetRequiredService<BoundListeners>();
        var budget = services.GetRequiredService<DescriptorBudget>();
        var scheme = services.GetRequiredService<IOptions<ListenersOptions>>().Value.People.EffectiveScheme.ToString().ToLowerInvariant();
        services.GetRequiredService<ILogger<BoundListeners>>().Listening(scheme, bound.People, bound.Agents, budget.Sessions, budget.Links);
    }
}
