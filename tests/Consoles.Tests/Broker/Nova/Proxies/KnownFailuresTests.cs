using System.Net.Sockets;
using System.Text;
using Consoles.Broker.Nova.Api;
using Consoles.Broker.Nova.Proxies;
using Consoles.Broker.Store;
using Consoles.Common.Inventory;
using Consoles.Tests.Fakes;
using Dapper;

namespace Consoles.Tests.Broker.Nova.Proxies;

/// <summary>What others' proxies were once broken by, at these, as far as no other test shows it. docs/nova.md has the whole list.</summary>
public sealed class KnownFailuresTests : IAsyncLifetime
{
    private NovaBroker _nova = null!;

    public async Task InitializeAsync() => _nova = await NovaBroker.StartAsync(
        "--Nova:Api:Enabled=true", "--Nova:Api:Port=0", "--Nova:XvpVnc:Enabled=true", "--Access:FailureLimit=1000000", "--Sessions:CloseLimit=00:00:05");

    public async Task DisposeAsync() => await _nova.DisposeAsync();

    [Fact]
    public async Task CVE_2013_0335_a_thousand_times_a_port_is_another_guests_and_no_token_leads_there()
    {
        var other = DomainId.Parse("5dea22b3-1d52-d8f3-2516-782e98ab3fa0", null);

        for (var cycle = 0; cycle < 1000; cycle++)
        {
            var mine = new Incarnation(LiveBroker.Guest, 1000, 2 * cycle);
            _nova.Report(mine);
            var token = _nova.Token(run: mine);

            // The same port; every second time another run of the same guest.
            _nova.Report(new Incarnation(cycle % 2 == 0 ? other : LiveBroker.Guest, 1000, (2 * cycle) + 1));
            (await NovaBroker.GetAsync(_nova.Listeners.XvpVnc.EndPoint.Port, $"/console?token={token}")).Should().StartWith("HTTP/1.1 401 ", because: $"cycle {cycle}");
        }

        _nova.Live.Guests.Count.Should().Be(0);
    }

    [Fact]
    public async Task CVE_2026_43002_who_is_not_known_leaves_nothing_in_the_store()
    {
        const int Judged = 20_000;

        var before = Rows();
        var api = _nova.Live.Get<NovaApiListener>().Listener.EndPoint.Port;
        var login = """{"auth":{"identity":{"methods":["password"],"password":{"user":{"name":"ada","domain":{"id":"default"},"password":"guess"}}}}}""";

        await Parallel.ForEachAsync(Enumerable.Range(0, 100), new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (i, _) =>
        {
            var token = Guess(i);
            (await NovaBroker.AskAsync(api, $"GET /v2.1/servers HTTP/1.1\r\nHost: a\r\nX-Auth-Token: {token}\r\nConnection: close\r\n\r\n")).Should().StartWith("HTTP/1.1 401 ");
            (await NovaBroker.AskAsync(api, $"POST /v3/auth/tokens HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: {login.Length}\r\nConnection: close\r\n\r\n{login}")).Should().StartWith("HTTP/1.1 401 ");
            (await NovaBroker.GetAsync(_nova.Listeners.XvpVnc.EndPoint.Port, $"/console?token={token}")).Should().StartWith("HTTP/1.1 401 ");
            (await NovaBroker.AskAsync(_nova.NoVnc, NovaBroker.Upgrade($"/?token={token}"))).Should().StartWith("HTTP/1.1 403 ");
        });

        // Where all listeners' tokens are judged, without the sockets.
        for (var i = 0; i < Judged; i++)
        {
            _nova.Live.Get<ProxyAdmission>().Judge(Guess(i), ConsoleKind.Vnc, remote: null).Should().BeNull();
        }

        Rows().Should().Be(before);
        _nova.Live.Sessions.Sessions.Should().BeEmpty();
    }

    [Theory]
    [InlineData(125)]
    [InlineData(126)]
    [InlineData(65535)]
    [InlineData(65536)]
    public async Task CVE_2020_27813_a_frame_of_a_length_at_the_border_of_two_forms_arrives_whole(int length)
    {
        using var viewer = await _nova.ConnectAsync($"/?token={_nova.Token()}");
        var guest = await _nova.Live.Guests.NextAsync();
        var sent = new byte[length];
        Random.Shared.NextBytes(sent);
        await viewer.SendRawAsync([.. RawWebSocket.Frame(0x82, sent), .. RawWebSocket.Frame(0x82, "end"u8)]);

        var got = new byte[length + 3];
        using var stream = new NetworkStream(guest, ownsSocket: false);
        await stream.ReadExactlyAsync(got).AsTask().WaitAsync(TimeSpan.FromSeconds(20));
        got.Should().Equal([.. sent, .. "end"u8]);
    }

    [Theory]
    [InlineData((1UL << 31) - 1)]
    [InlineData(1UL << 31)]
    [InlineData((1UL << 31) + 1)]
    [InlineData((1UL << 63) - 1)]
    [InlineData(1UL << 63)]
    [InlineData(ulong.MaxValue)]
    public async Task CVE_2020_27813_a_frame_that_announces_too_much_is_1009_before_any_of_it_is_read(ulong announced)
    {
        using var vnc = await _nova.ConnectAsync($"/?token={_nova.Token()}");
        using var serial = await RawWebSocket.ConnectAsync(_nova.Serial, NovaBroker.Upgrade($"/?token={_nova.Token(ConsoleKind.Serial)}"));
        await _nova.Live.Guests.NextAsync();
        await _nova.Live.Guests.NextAsync();

        foreach (var viewer in new[] { vnc, serial })
        {
            await viewer.SendRawAsync(RawWebSocket.Frame(0x82, [], announce: announced));
            (await viewer.CloseFrameAsync()).Code.Should().Be(1009);
        }
    }

    [Fact]
    public async Task CVE_2018_1000518_compression_is_never_agreed_on_and_a_frame_that_says_it_is_compressed_is_1002()
    {
        using var viewer = await _nova.ConnectAsync($"/?token={_nova.Token()}", headers: "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits, x-webkit-deflate-frame");
        viewer.Status.Should().Be(101);
        viewer.Head.Should().NotContainEquivalentOf("Sec-WebSocket-Extensions");

        await viewer.SendRawAsync(RawWebSocket.Frame(0xc2, "hello"u8));
        (await viewer.CloseFrameAsync()).Code.Should().Be(1002);
    }

    [Theory]
    [InlineData(" ")]
    [InlineData(",")]
    [InlineData(", ")]
    [InlineData("\t,")]
    [InlineData("a,")]
    public async Task CVE_2021_32640_eight_KiB_of_protocols_are_read_as_fast_as_others(string protocol)
    {
        var many = string.Concat(Enumerable.Repeat(protocol, 8 * 1024 / protocol.Length));
        using var viewer = await _nova.ConnectAsync($"/?token={_nova.Token()}", $"{many}x, binary");
        viewer.Head.Should().ContainEquivalentOf("Sec-WebSocket-Protocol: binary\r\n");
        await _nova.ShouldWorkAsync(viewer);
    }

    private static string Guess(int i) => $"{i:d8}".Replace('0', 'a').Replace('1', 'b').Replace('8', 'c').Replace('9', 'd').PadRight(52, 'z');

    // What the store holds, by table, but for what the broker writes by itself, whoever asks: its authority, what nodes have proved, and that it watches them.
    private string Rows() => _nova.Live.Get<Database>().Use(store => string.Join(
        ", ",
        store.Query<string>("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT IN ('certificate_proofs', 'certificate_watchers', 'authority_roots', 'authority_version', 'issuing_authorities') ORDER BY name").Select(table => $"{table}: {store.ExecuteScalar<long>($"SELECT count(*) FROM \"{table}\"")}")));
}
