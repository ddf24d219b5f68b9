using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Consoles.Common.Link;
using Consoles.Common.Tls;
using Consoles.Tests.EndToEnd;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.Logging;

namespace Consoles.Tests.Fakes;

/// <summary>A broker's listener for agents that does as the test says: real TLS, real WebSockets, an authority of the test's.</summary>
internal sealed class FakeBroker : IAsyncDisposable
{
    private readonly TestPki _pki;
    private readonly TestCertificate _certificate;
    private readonly TimeProvider _clock;
    private readonly PortRange _ports = PortRange.Claim();
    private readonly HashSet<string> _unusedTokens = new(StringComparer.Ordinal);
    private WebApplication? _listener;

    private FakeBroker(TestPki pki, TestCertificate certificate, TimeProvider clock)
    {
        _pki = pki;
        _certificate = certificate;
        _clock = clock;
        Port = _ports.Next();
    }

    /// <summary>Its own also while it is away.</summary>
    public int Port { get; }

    public Uri Address => new($"https://localhost:{Port}");

    /// <summary>The name that the next certificate is for.</summary>
    public string Node { get; set; } = "node1.example";

    public TimeSpan CertificateLife { get; set; } = TimeSpan.FromHours(24);

    /// <summary>Each request's method, path and body.</summary>
    public ConcurrentQueue<string> Requests { get; } = new();

    public ConcurrentQueue<FakeLink> Links { get; } = new();

    /// <summary>The body of every enrolment and renewal answered with this status instead of a certificate.</summary>
    public int? RefuseWith { get; set; }

    /// <summary>What a link answers to a report; null says nothing. Accepts, unless a test says otherwise.</summary>
    public Func<FakeLink, Report, LinkMessage?> OnReport { get; set; } = (_, report) => new Accepted(report.Node.Generation);

    /// <summary>What a link says to a Hello; null says nothing.</summary>
    public Func<Hello, LinkMessage?> OnHello { get; set; } = _ => null;

    public FakeLink Link => Links.Last();

    public static async Task<FakeBroker> StartAsync(TestPki pki, TestCertificate? certificate = null, TimeProvider? clock = null)
    {
        var broker = new FakeBroker(pki, certificate ?? pki.Server("localhost"), clock ?? TimeProvider.System);
        await broker.ListenAsync();
        return broker;
    }

    public JoinToken Invite()
    {
        var token = JoinToken.Create(_pki.Root.RawData);
        _unusedTokens.Add(token.Digest);
        return token;
    }

    public async Task ListenAsync()
    {
        var builder = WebApplication.CreateBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, Port, listen => listen.UseHttps(new TlsHandshakeCallbackOptions
        {
            OnConnection = _ => ValueTask.FromResult(ServerTls()),
        })));

        var listener = builder.Build();
        listener.UseWebSockets();
        listener.Run(HandleAsync);
        await listener.StartAsync();

        _listener = listener;
    }

    /// <summary>Goes away as a killed process does: without a word on any connection.</summary>
    public async Task KillAsync()
    {
        if (_listener is { } listener)
        {
            _listener = null;

            foreach (var link in Links)
            {
                link.Abort();
            }

            await listener.StopAsync(new CancellationToken(canceled: true));
            await listener.DisposeAsync();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        _ports.Dispose();
    }

    private SslServerAuthenticationOptions ServerTls()
    {
        var trust = _pki.Trust(_clock);

        return new SslServerAuthenticationOptions
        {
            ServerCertificateContext = _certificate.Identity().Context,
            ClientCertificateRequired = true,
            AllowTlsResume = false,
            RemoteCertificateValidationCallback = (_, certificate, chain, _) =>
                certificate is null || (certificate is X509Certificate2 leaf && trust.CheckAnyName(leaf, chain?.ChainPolicy.ExtraStore, PeerRole.Client) is null),
        };
    }

    private async Task HandleAsync(HttpContext context)
    {
        var body = await new StreamReader(context.Request.Body).ReadToEndAsync(context.RequestAborted);
        Requests.Enqueue($"{context.Request.Method} {context.Request.Path} {body}");

        switch (context.Request.Path.Value)
        {
            case LinkPaths.Authority:
                await context.Response.WriteAsync(_pki.RootPem);
                break;
            case LinkPaths.Enrol or LinkPaths.Renew:
                await CertifyAsync(context, System.Text.Json.JsonSerializer.Deserialize(body, LinkJson.Default.EnrolmentRequest)!);
                break;
            case LinkPaths.Link when context.Connection.ClientCertificate is null:
                context.Response.StatusCode = StatusCodes.Status403Forbidden;
                break;
            case LinkPaths.Link:
                var link = new FakeLink(await context.WebSockets.AcceptWebSocketAsync(), context, this);
                Links.Enqueue(link);
                await link.RunAsync();
                break;
            default:
                context.Response.StatusCode = StatusCodes.Status404NotFound;
                break;
        }
    }

    private async Task CertifyAsync(HttpContext context, EnrolmentRequest request)
    {
        var renewing = context.Request.Path == LinkPaths.Renew;

        var allowed = renewing
            ? context.Connection.ClientCertificate is not null
            : JoinToken.TryParse(request.Token, out var token) && _unusedTokens.Remove(token.Digest);

        if (RefuseWith is { } status || !allowed)
        {
            await Results.Problem("The join token is unknown, used or too old.", statusCode: RefuseWith ?? 403).ExecuteAsync(context);
            return;
        }

        var answer = new EnrolmentAnswer(Node, Sign(request.CertificateRequest), _pki.RootPem);
        await Results.Json(answer, LinkJson.Default.EnrolmentAnswer).ExecuteAsync(context);
    }

    private string Sign(string request)
    {
        var asked = CertificateRequest.LoadSigningRequestPem(request, HashAlgorithmName.SHA256);
        var order = new CertificateRequest(new X500DistinguishedName($"CN={Node}"), asked.PublicKey, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(Node);
        order.CertificateExtensions.Add(names.Build());
        order.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(TestPki.ClientAuth)], critical: false));

        var now = _clock.GetUtcNow();
        return order.Create(_pki.Root, now, now + CertificateLife, RandomNumberGenerator.GetBytes(12)).ExportCertificatePem();
    }
}
