using System.Net;
using System.Net.Sockets;
using System.Text;
using Consoles.Broker.Sessions;
using Consoles.Broker.Sessions.Spice;
using Consoles.Common.Inventory;
using Consoles.Tests.Fakes;
using Microsoft.Extensions.DependencyInjection;

namespace Consoles.Tests.Broker.Nova.Proxies;

/// <summary>What the URL of a spice-direct console leads to.</summary>
public sealed class SpiceDirectTests : IAsyncLifetime
{
    private readonly FakeSpiceServer _server = new();
    private readonly TestPki _pki = new();
    private NovaBroker _nova = null!;

    private int Port => _nova.Listeners.SpiceDirect.EndPoint.Port;

    public async Task InitializeAsync()
    {
        _nova = await NovaBroker.StartAsync(
            clock: null,
            builder => builder.Services.AddSingleton<IGuestConnector>(SpiceTargets.Connector(_pki.Trust())),
            "--Nova:SpiceDirect:Enabled=true",
            "--Nova:SpiceDirect:BaseUrl=http://consoles.example:13002/nova");
        _nova.Report(spicePort: _server.Port);
    }

    public async Task DisposeAsync()
    {
        await _nova.DisposeAsync();
        await _server.DisposeAsync();
        _pki.Dispose();
    }

    [Fact]
    public async Task SP_08_the_url_answers_a_file_that_leads_a_viewer_back_here()
    {
        var token = _nova.Token(ConsoleKind.Spice);
        var answer = await NovaBroker.GetAsync(Port, $"/nova?token={token}");
        answer.Should().StartWith("HTTP/1.1 200 OK").And.Contain("Content-Type: application/x-virt-viewer")
            .And.Contain("[virt-viewer]\ntype=spice\n").And.Contain("proxy=http://consoles.example:13002\n").And.Contain($"host={token}\n").And.NotContain("127.0.0.1");
    }

    [Theory]
    [InlineData("GET /nova HTTP/1.1\r\n\r\n", 400)]
    [InlineData("GET /nova?token=unknown HTTP/1.1\r\n\r\n", 401)]
    [InlineData("POST /nova HTTP/1.1\r\n\r\n", 405)]
    [InlineData("CONNECT unknown:5900 HTTP/1.1\r\n\r\n", 403)]
    [InlineData("CONNECT 127.0.0.1:5901 HTTP/1.1\r\n\r\n", 403)]
    public async Task SP_08_without_a_good_token_there_is_nothing(string request, int status) =>
        (await NovaBroker.AskAsync(Port, request)).Should().StartWith($"HTTP/1.1 {status} ");

    [Fact]
    public async Task SP_08_the_viewer_opens_all_its_channels_by_the_token_in_small_or_large_letters()
    {
        var token = _nova.Token(ConsoleKind.Spice);
        await using var main = await ConnectAsync(token);
        var viewer = new SpiceViewer(main);
        await viewer.LinkAsync(SpiceSamples.Link(), SpicePage.Limit);
        var session = await viewer.SessionAsync(SpicePage.Limit);

        await using var second = await ConnectAsync(token.ToUpperInvariant());
        var display = new SpiceViewer(second);
        await display.LinkAsync(SpiceSamples.Link(SpiceChannelType.Display, session), SpicePage.Limit);
        await _server.NextAsync(SpiceChannelType.Main);
        var screen = await _server.NextAsync(SpiceChannelType.Display);
        await screen.WriteAsync(SpiceSamples.Message(304, "pixels"u8), SpicePage.Limit);
        (await display.ReceiveAsync(304, SpicePage.Limit)).Should().Equal("pixels"u8.ToArray());
        _nova.Live.Sessions.Sessions.Should().ContainSingle();
    }

    private async Task<NetworkStream> ConnectAsync(string token)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(IPAddress.Loopback, Port);
        var stream = new NetworkStream(socket, ownsSocket: true);
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"CONNECT {token}:5900 HTTP/1.1\r\nHost: {token}:5900\r\n\r\n"), SpicePage.Limit);
        var agreed = "HTTP/1.1 200 Connection established\r\n\r\n";
        var head = new byte[agreed.Length];
        await stream.ReadExactlyAsync(head, SpicePage.Limit);
        Encoding.ASCII.GetString(head).Should().Be(agreed);
        return stream;
    }
}
