using System.Net;
using Consoles.Tests.Fakes;

namespace Consoles.Tests.Broker.Sessions;

/// <summary>What a viewer may not send, over real sockets to the real broker.</summary>
public sealed class FrameTests : IAsyncLifetime
{
    private LiveBroker _broker = null!;

    public static TheoryData<string, byte[], int> Malformed => new()
    {
        { "text", RawWebSocket.Frame(0x81, "hello"u8), 1003 },
        { "not masked", RawWebSocket.Frame(0x82, "hello"u8, masked: false), 1002 },
        { "RSV1, as compression would set it", RawWebSocket.Frame(0xc2, "hello"u8), 1002 },
        { "RSV2", RawWebSocket.Frame(0xa2, "hello"u8), 1002 },
        { "RSV3", RawWebSocket.Frame(0x92, "hello"u8), 1002 },
        { "reserved opcode 3", RawWebSocket.Frame(0x83, "hello"u8), 1002 },
        { "reserved opcode 11", RawWebSocket.Frame(0x8b, "hello"u8), 1002 },
        { "a fragment of nothing", RawWebSocket.Frame(0x80, "hello"u8), 1002 },
        { "a message inside another", [.. RawWebSocket.Frame(0x02, "a"u8), .. RawWebSocket.Frame(0x82, "b"u8)], 1002 },
        { "a fragmented ping", RawWebSocket.Frame(0x09, "a"u8), 1002 },
        { "a long ping", RawWebSocket.Frame(0x89, new byte[126]), 1002 },
        { "1 MiB and a byte announced", RawWebSocket.Frame(0x82, [], announce: (1024 * 1024) + 1), 1009 },
        { "2^63 announced", RawWebSocket.Frame(0x82, [], announce: 1UL << 63), 1009 },
        { "2^63 - 1 announced", RawWebSocket.Frame(0x82, [], announce: long.MaxValue), 1009 },
        { "2^64 - 1 announced", RawWebSocket.Frame(0x82, [], announce: ulong.MaxValue), 1009 },
        { "2^63 announced for a close frame", RawWebSocket.Frame(0x88, [], announce: 1UL << 63), 1009 },
        { "a bad frame behind a good one", [.. RawWebSocket.Frame(0x82, "good"u8), .. RawWebSocket.Frame(0x82, [], announce: 1UL << 63)], 1009 },
        { "2000 empty fragments", [.. RawWebSocket.Frame(0x02, []), .. Enumerable.Range(0, 2000).SelectMany(_ => RawWebSocket.Frame(0x00, []))], 1002 },
        { "100 pings at once", [.. Enumerable.Range(0, 100).SelectMany(_ => RawWebSocket.Frame(0x89, "x"u8))], 1008 },
        { "a close frame with half a code", RawWebSocket.Frame(0x88, [3]), 1002 },
    };

    public async Task InitializeAsync() => _broker = await LiveBroker.StartAsync();

    public async Task DisposeAsync() => await _broker.DisposeAsync();

    [Theory]
    [MemberData(nameof(Malformed))]
    public async Task A_malformed_frame_ends_the_session_with_its_code(string what, byte[] frames, int code)
    {
        var (viewer, guest) = await _broker.OpenAsync();
        using var closing = viewer;

        try
        {
            await viewer.SendRawAsync(frames);
        }
        catch (IOException)
        {
            // The broker need not take all of it.
        }

        (await viewer.CloseFrameAsync()).Code.Should().Be(code, because: what);

        // The guest is let go as well, after what was good.
        guest.ReceiveTimeout = 30_000;
        var rest = new byte[100];

        while (guest.Receive(rest) > 0)
        {
        }
    }

    [Fact]
    public async Task A_frame_that_arrives_byte_by_byte_is_a_frame()
    {
        var (viewer, guest) = await _broker.OpenAsync();
        using var closing = viewer;

        foreach (var bytes in RawWebSocket.Frame(0x82, new byte[300]).Concat(RawWebSocket.Frame(0x82, "x"u8)))
        {
            await viewer.SendRawAsync([bytes]);
        }

        var received = new byte[301];
        using var stream = new System.Net.Sockets.NetworkStream(guest, ownsSocket: false);
        await stream.ReadExactlyAsync(received).AsTask().WaitAsync(TimeSpan.FromSeconds(10));
        received[300].Should().Be((byte)'x');
    }

    [Fact]
    public async Task An_oversized_header_that_arrives_byte_by_byte_is_refused_as_well()
    {
        var (viewer, _) = await _broker.OpenAsync();
        using var closing = viewer;

        foreach (var one in RawWebSocket.Frame(0x82, [], announce: 1UL << 63))
        {
            await viewer.SendRawAsync([one]);
        }

        (await viewer.CloseFrameAsync()).Code.Should().Be(1009);
    }

    [Fact]
    public async Task The_largest_frame_passes_and_so_do_fragments_with_pings_between_them()
    {
        var (viewer, guest) = await _broker.OpenAsync();
        using var closing = viewer;
        var large = new byte[1024 * 1024];
        Random.Shared.NextBytes(large);

        var received = new byte[large.Length + 4];
        using var stream = new System.Net.Sockets.NetworkStream(guest, ownsSocket: false);
        var reading = stream.ReadExactlyAsync(received).AsTask();
        await viewer.SendAsync(large);
        await viewer.SendRawAsync([.. RawWebSocket.Frame(0x02, "ab"u8), .. RawWebSocket.Frame(0x89, "?"u8), .. RawWebSocket.Frame(0x00, []), .. RawWebSocket.Frame(0x80, "cd"u8)]);

        await reading.WaitAsync(TimeSpan.FromSeconds(30));
        received.AsSpan(0, large.Length).SequenceEqual(large).Should().BeTrue();
        received.AsSpan(large.Length).ToArray().Should().Equal("abcd"u8.ToArray());
        (await viewer.ReceiveAsync()).Should().BeEquivalentTo(((byte)0x8a, "?"u8.ToArray()));
    }

    [Theory]
    [InlineData("Sec-WebSocket-Version: 13", "Sec-WebSocket-Version: 8")]
    [InlineData("Upgrade: websocket", "Upgrade: h2c")]
    [InlineData("Sec-WebSocket-Key: ", "Sec-WebSocket-Key: short")]
    [InlineData("Connection: Upgrade", "Connection: keep-alive")]
    public async Task What_is_not_a_websocket_handshake_is_told_what_would_be(string instead, string said)
    {
        var ticket = await _broker.RedeemAsync();
        var request = RawWebSocket.Headers(_broker.Origin, $"127.0.0.1:{_broker.Port}", ticket.Cookie, $"binary, ticket.{ticket.Secret}");

        using var answer = await RawWebSocket.ConnectAsync(_broker.Port, request.Replace(instead, said, StringComparison.Ordinal));

        answer.Status.Should().Be((int)HttpStatusCode.UpgradeRequired);
        answer.Head.Should().Contain("Sec-WebSocket-Version: 13");
    }
}
