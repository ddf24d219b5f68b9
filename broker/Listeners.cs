using System.Net;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Consoles.Broker.Authority;
using Consoles.Broker.Hosting;
using Consoles.Broker.Store;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
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
        builder.Services.AddSingleton(_ => new DescriptorBudget(Posix.RaiseOpenFiles()));
        builder.Services.AddSingleton<BoundListeners>();
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = ShutdownTimeout);
        builder.Services.Configure<SocketTransportOptions>(sockets => sockets.NoDelay = true);

        builder.Services.AddOptions<KestrelServerOptions>()
            .Configure<IOptions<ListenersOptions>, BrokerCertificate, DescriptorBudget, BoundListeners>(Configure);
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
    }

    private static void Configure(KestrelServerOptions kestrel, IOptions<ListenersOptions> options, BrokerCertificate own, DescriptorBudget budget, BoundListeners bound)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxConcurrentConnections = budget.Connections;
        kestrel.Limits.MaxConcurrentUpgradedConnections = budget.Sessions + budget.Links;
        kestrel.Limits.MaxRequestLineSize = 8 * 1024;
        kestrel.Limits.MaxRequestHeadersTotalSize = 16 * 1024;
        kestrel.Limits.MaxRequestHeaderCount = 64;
        kestrel.Limits.MaxRequestBodySize = 64 * 1024;
        kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10);

        ListenOptions? people = null;
        ListenOptions? agents = null;
        var listeners = options.Value;

        kestrel.Listen(IPAddress.Parse(listeners.People.Address), listeners.People.Port, listen =>
        {
            people = listen;
            Mark(listen, ListenerMark.People);

            if (listeners.People.EffectiveScheme == ListenerScheme.Https)
            {
                listen.UseHttps(PeopleTls(listeners.People, own));
            }
        });

        kestrel.Listen(listeners.AgentsAddress, listeners.Agents.Port, listen =>
        {
            agents = listen;
            Mark(listen, ListenerMark.Agents);
            listen.UseHttps(AgentsTls(own));
        });

        bound.Keep(people!, agents!);
    }

    private static void Mark(ListenOptions listen, ListenerMark mark)
    {
        // A WebSocket takes over an HTTP/1.1 connection, whose one request is its one session.
        listen.Protocols = HttpProtocols.Http1;

        listen.Use(next => connection =>
        {
            connection.Features.Set(mark);
            return next(connection);
        });
    }

    private static TlsHandshakeCallbackOptions PeopleTls(PeopleListenerOptions options, BrokerCertificate own)
    {
        SslStreamCertificateContext? given = null;

        if (options.CertificateFile is not null)
        {
            var authorities = new X509Certificate2Collection();
            authorities.ImportFromPemFile(options.CertificateFile);
            given = SslStreamCertificateContext.Create(X509Certificate2.CreateFromPemFile(options.CertificateFile, options.KeyFile), authorities, offline: true);
        }

        return new TlsHandshakeCallbackOptions
        {
            HandshakeTimeout = HandshakeTimeout,
            OnConnection = _ => ValueTask.FromResult(new SslServerAuthenticationOptions
            {
                ServerCertificateContext = given ?? own.Context,
                EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
                ApplicationProtocols = [SslApplicationProtocol.Http11],
            }),
        };
    }

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
