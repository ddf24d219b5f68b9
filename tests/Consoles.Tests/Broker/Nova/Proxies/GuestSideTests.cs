using System.Net;
using System.Net.Sockets;
using System.Text;
using Consoles.Broker;
using Consoles.Broker.Hosting;
using Consoles.Broker.Nodes;
using Consoles.Broker.Sessions;
using Consoles.Tests.Fakes;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Consoles.Tests.Broker.Nova.Proxies;

/// <summary>What nova.conf says of the guests' side.</summary>
public sealed class GuestSideTests
{
    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\n\r\n", null)]
    [InlineData("HTTP/1.0 200 Connection established\r\nX: y\r\n\r\n", null)]
    [InlineData("HTTP/1.1 404 Not Found\r\n\r\n", "refused")]
    [InlineData("HTTP/1.1 2000 OK\r\n\r\n", "refused")]
    [InlineData("RFB 003.008\n\r\n\r\n", "refused")]
    [InlineData("HTTP/1.1 200 OK\r\n", "did not answer")]
    [InlineData("LONG", "did not answer")]
    public async Task NV_09_XV_04_the_internal_access_path_is_asked_for_and_nothing_behind_the_answer_is_lost(string answer, string? fault)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        var before = BeforeAsync(listener, answer == "LONG" ? new string('x', 5000) : answer);

        var routes = VncTargets.Routes(new VncTargets.NoAgents(), options: new RouteOptions { InternalAccessPaths = { ["web1"] = "/vnc/web1" } });
        var open = () => routes.OpenAsync(VncTargets.At(port), GuestDoor.Plain, CancellationToken.None);

        if (fault is not null)
        {
            await open.Should().ThrowAsync<GuestException>().WithMessage($"*{fault}*");
        }
        else
        {
            var route = await open();
            var first = new byte[12];
            await route.Stream.ReadExactlyAsync(first);
            Encoding.ASCII.GetString(first).Should().Be("RFB 003.008\n");
            await route.Stream.DisposeAsync();
        }

        (await before).Should().Be("CONNECT /vnc/web1 HTTP/1.1\r\n\r\n");
    }

    [Fact]
    public async Task NV_17_with_source_is_ipv6_a_guest_is_dialled_at_the_nodes_IPv6_address()
    {
        foreach (var ipv6 in new[] { false, true })
        {
            using var state = new TempDirectory();
            await using var broker = BrokerHost.Build([$"--Store:Directory={state.Path}", "--Nova:Enabled=true", $"--Nova:SourceIsIpv6={ipv6}"]);
            var target = VncTargets.At(5900) with { Node = new NodeIdentity("node1", [IPAddress.Loopback, IPAddress.IPv6Loopback]) };
            var everywhere = target with { Endpoint = target.Endpoint with { Host = "::" } };
            var choice = broker.Services.GetRequiredService<RoutePolicy>().Choose(everywhere);
            choice.Direct!.Address.Should().Be(ipv6 ? IPAddress.IPv6Loopback : IPAddress.Loopback);
        }
    }

    [Theory]
    [InlineData(null, null, null)]
    [InlineData("none", null, true)]
    [InlineData("vencrypt,none", null, true)]
    [InlineData("vencrypt", null, false)]
    [InlineData("vencrypt", true, true)]
    public async Task NV_12_auth_schemes_say_whether_a_guest_without_TLS_is_accepted(string? schemes, bool? said, bool? plain)
    {
        using var state = new TempDirectory();
        string[] settings =
        [
            $"--Store:Directory={state.Path}", "--Nova:Enabled=true",
            .. (schemes?.Split(',') ?? []).Select((scheme, i) => $"--Nova:AuthSchemes:{i}={scheme}"),
            .. said is null ? Array.Empty<string>() : [$"--GuestTls:AllowPlain={said}"],
        ];
        await using var broker = BrokerHost.Build(settings);
        broker.Services.GetRequiredService<IOptions<GuestTlsOptions>>().Value.AllowPlain.Should().Be(plain);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task NV_12_a_plain_guest_is_let_in_or_refused_before_a_byte_of_the_viewers(bool plain)
    {
        using var pki = new TestPki();
        await using var server = new FakeVncServer();
        var connect = () => VncTargets.Connector(pki.Trust(), allowPlain: plain).ConnectAsync(VncTargets.At(server.Port), CancellationToken.None);

        if (plain)
        {
            await (await connect()).DisposeAsync();
        }
        else
        {
            (await connect.Should().ThrowAsync<GuestException>()).Which.Failure.Should().Be(GuestFailure.Tls);
            server.ChosenTypes.Should().BeEmpty();
        }
    }

    [Fact]
    public void A_path_that_could_end_its_request_is_no_setting()
    {
        FluentActions.Invoking(() => BrokerHost.Build(["--Routes:InternalAccessPaths:web1=/a\r\nHost: b"])).Should().Throw<SettingsException>().WithMessage("*web1*");
        FluentActions.Invoking(() => BrokerHost.Build(["--Routes:InternalAccessPaths:web1="])).Should().Throw<SettingsException>();
    }

    private static async Task<string> BeforeAsync(TcpListener listener, string answer)
    {
        using var client = await listener.AcceptTcpClientAsync();
        await using var stream = client.GetStream();
        var asked = new byte["CONNECT /vnc/web1 HTTP/1.1\r\n\r\n".Length];
        await stream.ReadExactlyAsync(asked);

        // In one segment with the console's first words.
        await stream.WriteAsync(Encoding.ASCII.GetBytes(answer + (answer.EndsWith("\r\n\r\n", StringComparison.Ordinal) ? "RFB 003.008\n" : "")));
        client.Client.Shutdown(SocketShutdown.Send);
        return Encoding.ASCII.GetString(asked);
    }
}
