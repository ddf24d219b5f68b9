using System.Net;
using System.Net.Http.Json;
using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using Consoles.Broker.Authority;
using Consoles.Broker.Nodes;
using Consoles.Common.Inventory;
using Consoles.Common.Link;

namespace Consoles.Tests.Fakes;

/// <summary>An agent as the broker sees one: it speaks the real protocol over real TLS, and says what the test wants.</summary>
internal sealed class TestAgent(Uri broker, X509Certificate2 root, string node, X509Certificate2? certificate) : IDisposable
{
    public string Node { get; } = node;

    public X509Certificate2? Certificate { get; } = certificate;

    /// <summary>Invites the node and enrols it, as an operator and an agent do.</summary>
    public static async Task<TestAgent> EnrolAsync(TestBroker broker, string node = "node1", params IPAddress[] addresses)
    {
        var token = broker.Get<NodeRegistry>().Invite(node, addresses).Token;
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var stranger = Of(broker, node, certificate: null);
        using var client = stranger.CreateClient();
        using var response = await client.PostAsJsonAsync(LinkPaths.Enrol, new EnrolmentRequest(token.Reveal(), Request(key)), LinkJson.Default.EnrolmentRequest);
        response.EnsureSuccessStatusCode();

        var answer = await response.Content.ReadFromJsonAsync(LinkJson.Default.EnrolmentAnswer);
        using var issued = X509Certificate2.CreateFromPem(answer!.Certificate);
        return Of(broker, answer.Node, issued.CopyWithPrivateKey(key));
    }

    public static TestAgent Of(TestBroker broker, string node, X509Certificate2? certificate) =>
        new(broker.Agents, broker.Get<AuthorityRoots>().Fleet, node, certificate);

    public static string Request(ECDsa key) => new CertificateRequest("CN=whatever", key, HashAlgorithmName.SHA256).CreateSigningRequestPem();

    /// <summary>Orders a certificate for the node's QEMUs, as a person sees the answer.</summary>
    public async Task<HttpResponseMessage> PostOrderAsync(string request)
    {
        using var client = CreateClient();
        return await client.PostAsJsonAsync(LinkPaths.HostCertificate, new HostCertificateRequest(request), LinkJson.Default.HostCertificateRequest);
    }

    /// <summary>The same for a new key.</summary>
    public async Task<HostCertificateAnswer> OrderAsync()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var response = await PostOrderAsync(Request(key));
        response.EnsureSuccessStatusCode();
        return (await response.Content.ReadFromJsonAsync(LinkJson.Default.HostCertificateAnswer))!;
    }

    public HttpClient CreateClient()
    {
        var handler = new SocketsHttpHandler { SslOptions = { RemoteCertificateValidationCallback = (_, _, chain, _) => TestTls.Trusts(root, chain!) } };

        if (Certificate is not null)
        {
            handler.SslOptions.ClientCertificates = [Certificate];
        }

        return new HttpClient(handler) { BaseAddress = broker, Timeout = TimeSpan.FromMinutes(2) };
    }

    /// <summary>Opens a link and says nothing on it.</summary>
    public async Task<TestLink> ConnectAsync()
    {
        var socket = new ClientWebSocket();
        socket.Options.RemoteCertificateValidationCallback = (_, _, chain, _) => TestTls.Trusts(root, chain!);
        socket.Options.CollectHttpResponseDetails = true;

        if (Certificate is not null)
        {
            socket.Options.ClientCertificates.Add(Certificate);
        }

        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        var address = new UriBuilder(new Uri(broker, LinkPaths.Link)) { Scheme = "wss" }.Uri;
        await socket.ConnectAsync(address, limit.Token);
        return new TestLink(socket);
    }

    /// <summary>Dials back with a stream's secret, as an agent does.</summary>
    /// <returns>The stream, or the refusal's status.</returns>
    public async Task<(Stream? Stream, HttpStatusCode Status)> DialBackAsync(string secret, string protocol = LinkPaths.StreamProtocol)
    {
        // Disposed with the process: the stream lives on it.
        var client = CreateClient();
        using var request = new HttpRequestMessage(HttpMethod.Get, LinkPaths.Stream);
        request.Headers.TryAddWithoutValidation("Authorization", $"{LinkPaths.StreamScheme} {secret}");
        request.Headers.Connection.Add("Upgrade");
        request.Headers.TryAddWithoutValidation("Upgrade", protocol);
        var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        return (response.StatusCode == HttpStatusCode.SwitchingProtocols ? await response.Content.ReadAsStreamAsync() : null, response.StatusCode);
    }

    /// <summary>Opens a link and says hello.</summary>
    public async Task<TestLink> LinkAsync(long epoch = 1)
    {
        var link = await ConnectAsync();
        await link.SendAsync(new Hello(Node, epoch, "test"));
        return link;
    }

    public void Dispose() => Certificate?.Dispose();
}

/// <summary>The agent's end of a link.</summary>
internal sealed class TestLink(ClientWebSocket socket) : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private long _generation;

    public WebSocketCloseStatus? CloseStatus => socket.CloseStatus;

    /// <summary>Reports these domains, and waits until the broker knows them.</summary>
    public async Task ReportAsync(params DomainReport[] domains)
    {
        await SendAsync(new Report(Whole(++_generation, domains)));
        (await AcceptedAsync()).Generation.Should().Be(_generation);
    }

    /// <summary>Reports this of the node's certificates and domains, and waits until the broker knows it.</summary>
    /// <returns>What the node's sets are to be made to.</returns>
    public async Task<string?> ReportAsync(NodeCertificates? certificates, params DomainReport[] domains)
    {
        await SendAsync(new Report(Whole(++_generation, domains) with { Certificates = certificates }));
        return (await AcceptedAsync()).Plan;
    }

    /// <summary>The broker's next message, which must be that it has taken a report in.</summary>
    public async Task<Accepted> AcceptedAsync() => (await ReceiveAsync()).Should().BeOfType<Accepted>().Subject;

    public static NodeReport Whole(long generation, params DomainReport[] domains) => new()
    {
        Generation = generation,
        Whole = true,
        Libvirt = new LibvirtHealth(Connected: true, Reason: null, DateTimeOffset.UnixEpoch),
        Domains = domains,
    };

    public Task SendAsync(LinkMessage message) => SendAsync(JsonSerializer.SerializeToUtf8Bytes(message, LinkJson.Default.LinkMessage));

    public Task SendAsync(string json) => SendAsync(Encoding.UTF8.GetBytes(json));

    public async Task SendAsync(byte[] text, WebSocketMessageType type = WebSocketMessageType.Text)
    {
        using var limit = new CancellationTokenSource(Limit);
        await socket.SendAsync(text, type, endOfMessage: true, limit.Token);
    }

    /// <returns>The broker's next message, or null when it has ended the link.</returns>
    public async Task<LinkMessage?> ReceiveAsync()
    {
        using var limit = new CancellationTokenSource(Limit);
        using var message = new MemoryStream();
        var buffer = new byte[4096];

        while (true)
        {
            var received = await socket.ReceiveAsync(buffer.AsMemory(), limit.Token);

            if (received.MessageType == WebSocketMessageType.Close)
            {
                await AnswerCloseAsync(limit.Token);
                return null;
            }

            message.Write(buffer, 0, received.Count);

            if (received.EndOfMessage)
            {
                return JsonSerializer.Deserialize(message.ToArray(), LinkJson.Default.LinkMessage);
            }
        }
    }

    private async Task AnswerCloseAsync(CancellationToken cancellationToken)
    {
        try
        {
            await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, cancellationToken);
        }
        catch (WebSocketException)
        {
            // The broker waits two seconds for this, and had the last word already.
        }
    }

    /// <summary>Awaits the broker's refusal, and the end of the link after it.</summary>
    public async Task<Refused> RefusalAsync()
    {
        var refused = (await ReceiveAsync()).Should().BeOfType<Refused>().Subject;
        (await ReceiveAsync()).Should().BeNull();
        return refused;
    }

    /// <summary>Breaks the connection without a word.</summary>
    public void Abort() => socket.Abort();

    public void Dispose() => socket.Dispose();
}
