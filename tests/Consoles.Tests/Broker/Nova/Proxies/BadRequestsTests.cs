using System.Diagnostics;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;
using Consoles.Broker.Nova.Api;
using Consoles.Tests.Fakes;

namespace Consoles.Tests.Broker.Nova.Proxies;

/// <summary>What no good client sends, at each of this face's listeners.</summary>
public sealed class BadRequestsTests : IAsyncLifetime
{
    private readonly TempDirectory _root = new();
    private NovaBroker _nova = null!;

    private int Api => _nova.Live.Get<NovaApiListener>().Listener.EndPoint.Port;

    private int Flash => _nova.Listeners.Flash.EndPoint.Port;

    private IReadOnlyList<int> Http => [.. new[] { _nova.Listeners.NoVnc, _nova.Listeners.Spice, _nova.Listeners.Serial, _nova.Listeners.Of2011 }.Select(listener => listener.EndPoint.Port), Api];

    private IReadOnlyList<int> Raw => [_nova.Listeners.XvpVnc.EndPoint.Port, _nova.Listeners.SpiceDirect.EndPoint.Port];

    private IReadOnlyList<int> All => [.. Http, .. Raw];

    public async Task InitializeAsync()
    {
        await File.WriteAllTextAsync(_root["vnc_auto.html"], "<p>auto</p>");
        _nova = await NovaBroker.StartAsync(
            "--Nova:Api:Enabled=true", "--Nova:Api:Port=0", "--Nova:XvpVnc:Enabled=true", "--Nova:SpiceDirect:Enabled=true", "--Nova:VncProxy2011:Enabled=true",
            $"--Nova:VncProxy2011:WwwRoot={_root.Path}", "--Nova:VncProxy2011:FlashPolicy=true", "--Nova:VncProxy2011:FlashPolicyPort=0", "--Sessions:CloseLimit=00:00:05");
    }

    public async Task DisposeAsync()
    {
        await _nova.DisposeAsync();
        _root.Dispose();
    }

    [Fact]
    public async Task What_is_hidden_in_a_request_is_not_answered()
    {
        var asked = All.SelectMany(port => (port == Api ? HostileRequests.Smugglers("/v3/auth/tokens", "/v2.1/") : HostileRequests.Smugglers("/x", "/vnc_auto.html")).Select(request => (port, request))).ToList();
        asked.Should().HaveCountGreaterThanOrEqualTo(60 * All.Count);

        await Parallel.ForEachAsync(asked, new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (one, _) =>
        {
            var answer = await NovaBroker.AskAsync(one.port, one.request);
            answer.Should().NotContain("HTTP/1.1 2", because: one.request).And.NotContain("HTTP/1.1 3", because: one.request).And.NotContain("HTTP/1.1 500", because: one.request);
            answer.Split("HTTP/1.1 ").Length.Should().BeLessThanOrEqualTo(2, because: one.request);
        });
    }

    [Fact]
    public async Task Ten_thousand_headers_are_431_everywhere()
    {
        foreach (var port in All)
        {
            // The answer comes before the end of the request, which need not be taken any more.
            (await NovaBroker.AskAsync(port, HostileRequests.TenThousandHeaders[..40_000])).Should().StartWith("HTTP/1.1 431 ");
        }
    }

    [Fact]
    public async Task A_Host_that_is_none_is_400_everywhere_and_opens_no_websocket()
    {
        var asked = from host in HostileRequests.Hosts from port in Http from upgrade in new[] { false, true } select (host, port, upgrade);

        await Parallel.ForEachAsync(asked, new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (one, _) =>
        {
            var request = one.upgrade ? NovaBroker.Upgrade($"/data?token={_nova.Token()}", headers: "Origin: http://a") : "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n";
            var answer = await NovaBroker.AskAsync(one.port, request.Replace("Host: 127.0.0.1", one.host, StringComparison.Ordinal));
            answer.Should().StartWith("HTTP/1.1 400 ", because: request);
        });

        _nova.Live.Guests.Count.Should().Be(0);
    }

    [Fact]
    public async Task No_path_redirects_anywhere()
    {
        HostileRequests.Paths.Should().HaveCountGreaterThanOrEqualTo(2000);
        var asked = from path in HostileRequests.Paths from port in All select (path, port);
        var api = new Regex($"\"href\":\"(?!http://127.0.0.1:{Api}/)", RegexOptions.None, TimeSpan.FromSeconds(60));

        await Parallel.ForEachAsync(asked, new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (one, _) =>
        {
            var answer = await NovaBroker.AskAsync(one.port, $"GET {one.path} HTTP/1.1\r\nHost: 127.0.0.1:{one.port}\r\nConnection: close\r\n\r\n");
            answer[9..12].Should().BeOneOf(["400", "404", "405", .. one.port == Api ? ["200", "300", "401"] : one.port == _nova.Listeners.Of2011.EndPoint.Port ? ["200"] : Array.Empty<string>()], because: $"{one.path} at {one.port}");
            answer.Should().NotContainEquivalentOf("\r\nlocation:", because: one.path).And.NotContain("root:");
            (answer[9..12] != "200" || answer.EndsWith("<p>auto</p>", StringComparison.Ordinal) || answer.Contains("\"versions\"", StringComparison.Ordinal)).Should().BeTrue(because: answer);
            api.IsMatch(answer).Should().BeFalse(because: $"{one.path}: {answer}");
        });
    }

    [Fact]
    public async Task Who_stalls_before_its_session_is_gone_after_ten_seconds_at_each_step()
    {
        var half = "GET /console?token=a HTTP/1.1\r\nHost:"u8.ToArray();
        var body = "POST /v3/auth/tokens HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"u8.ToArray();
        byte[] hello = [0x16, 0x03, 0x01, 0x02, 0x00, 0x01];
        var upgraded = Encoding.ASCII.GetBytes(NovaBroker.Upgrade($"/?token={_nova.Token(Consoles.Common.Inventory.ConsoleKind.Spice)}"));
        await using var secured = await NovaBroker.StartAsync("--Nova:Api:Enabled=true", "--Nova:Api:Port=0", "--Nova:Api:Scheme=https");
        var apiInTls = secured.Live.Get<NovaApiListener>().Listener.EndPoint.Port;

        await Task.WhenAll(
        [
            .. All.SelectMany(port => new[] { StallAsync(port, [], tls: false), StallAsync(port, half, tls: false) }),
            .. All.Where(port => port != Api).Append(apiInTls).SelectMany(port => new[] { StallAsync(port, hello, tls: false), StallAsync(port, [], tls: true), StallAsync(port, half, tls: true) }),
            StallAsync(apiInTls, [], tls: false),
            StallAsync(Flash, [], tls: false),
            StallAsync(Flash, "<policy"u8.ToArray(), tls: false),
            StallAsync(_nova.Spice, upgraded, tls: false),
            StallAsync(_nova.NoVnc, Answered("/vnc_auto.html"), tls: false),
            StallAsync(Api, Answered("/v2.1/"), tls: false),
            StallAsync(Api, Answered("/v2.1/servers"), tls: false),
            StallAsync(Api, body, tls: false),
        ]);
    }

    private static byte[] Answered(string path) => Encoding.ASCII.GetBytes($"GET {path} HTTP/1.1\r\nHost: a\r\n\r\n");

    private static async Task StallAsync(int port, byte[] begin, bool tls)
    {
        // From before it is connected: the broker may know of the connection before we do.
        var watch = Stopwatch.StartNew();
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, port);
        Stream stream = client.GetStream();

        if (tls)
        {
            var secured = new SslStream(stream);
            await secured.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = "a", RemoteCertificateValidationCallback = (_, shown, _, _) => shown is not null });
            stream = secured;
        }

        await stream.WriteAsync(begin);
        var buffer = new byte[4096];
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));

        try
        {
            while (await stream.ReadAsync(buffer, limit.Token) > 0)
            {
            }
        }
        catch (IOException)
        {
            // Closed without ceremony.
        }

        watch.Elapsed.Should().BeGreaterThan(TimeSpan.FromSeconds(5), because: "a client may be slow");
    }
}
