using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Consoles.Common.Relaying;

namespace Consoles.Tests.Common;

public sealed class RelayTests : IDisposable
{
    private readonly List<IDisposable> _sockets = [];

    public void Dispose() => _sockets.ForEach(socket => socket.Dispose());

    [Fact]
    public async Task What_either_side_sends_reaches_the_other_unchanged()
    {
        var (viewer, viewerEnd) = Pair();
        var (guest, guestEnd) = Pair();
        var relay = Relay.RunAsync(viewerEnd, guestEnd, lastWords: null, CancellationToken.None);

        var up = RandomNumberGenerator.GetBytes(3_000_000);
        var down = RandomNumberGenerator.GetBytes(5_000_000);
        var received = await Task.WhenAll(ExchangeAsync(viewer, up, down.Length), ExchangeAsync(guest, down, up.Length)).WaitAsync(Patience);
        viewer.Dispose();
        var result = await relay.WaitAsync(Patience);

        received[0].Should().Equal(SHA256.HashData(down));
        received[1].Should().Equal(SHA256.HashData(up));
        result.Should().Be(new RelayResult(RelayEnd.Viewer, up.Length, down.Length, Error: null));
    }

    [Theory]
    [InlineData(true, RelayEnd.Viewer)]
    [InlineData(false, RelayEnd.Guest)]
    public async Task The_result_says_which_side_ended_and_the_other_is_closed(bool viewerEnds, RelayEnd expected)
    {
        var (viewer, viewerEnd) = Pair();
        var (guest, guestEnd) = Pair();
        var relay = Relay.RunAsync(viewerEnd, guestEnd, lastWords: null, CancellationToken.None);

        (viewerEnds ? viewer : guest).Dispose();

        (await relay.WaitAsync(Patience)).End.Should().Be(expected);
        (await (viewerEnds ? guest : viewer).ReadAsync(new byte[1]).AsTask().WaitAsync(Patience)).Should().Be(0);
    }

    [Fact]
    public async Task A_reset_is_an_end_with_its_error()
    {
        var (_, viewerEnd) = Pair();
        var (guest, guestEnd) = Pair();
        var relay = Relay.RunAsync(viewerEnd, guestEnd, lastWords: null, CancellationToken.None);

        guest.Socket.LingerState = new LingerOption(enable: true, seconds: 0);
        guest.Socket.Close();
        var result = await relay.WaitAsync(Patience);

        result.End.Should().Be(RelayEnd.Guest);
        result.Error.Should().BeAssignableTo<IOException>();
    }

    [Fact]
    public async Task A_relay_that_is_stopped_ends_both_sides()
    {
        var (viewer, viewerEnd) = Pair();
        var (guest, guestEnd) = Pair();
        using var stop = new CancellationTokenSource();
        var relay = Relay.RunAsync(viewerEnd, guestEnd, lastWords: null, stop.Token);

        await stop.CancelAsync();

        (await relay.WaitAsync(Patience)).End.Should().Be(RelayEnd.Stopped);
        (await viewer.ReadAsync(new byte[1])).Should().Be(0);
        (await guest.ReadAsync(new byte[1])).Should().Be(0);
    }

    [Fact]
    public async Task Last_words_can_still_be_written_to_the_viewer_when_the_guest_is_gone()
    {
        var (viewer, viewerEnd) = Pair();
        var (guest, guestEnd) = Pair();

        var relay = Relay.RunAsync(
            viewerEnd,
            guestEnd,
            async (end, _) =>
            {
                end.Should().Be(RelayEnd.Guest);
                await viewerEnd.WriteAsync("bye"u8.ToArray());
                viewerEnd.Dispose();
            },
            CancellationToken.None);

        guest.Dispose();
        await relay.WaitAsync(Patience);

        var heard = new byte[3];
        await viewer.ReadExactlyAsync(heard);
        heard.Should().Equal("bye"u8.ToArray());
    }

    [Fact]
    public async Task A_viewer_that_does_not_read_stops_the_guest_and_not_our_memory()
    {
        var (_, viewerEnd) = Pair();
        var (guest, guestEnd) = Pair();
        var relay = Relay.RunAsync(viewerEnd, guestEnd, lastWords: null, CancellationToken.None);

        // Until the guest cannot send any more: what it sent is in the kernel's buffers and in one of ours.
        var sent = 0L;
        var piece = new byte[64 * 1024];
        guest.Socket.SendTimeout = 5000;

        Action flood = () =>
        {
            while (sent < 256L * 1024 * 1024)
            {
                sent += guest.Socket.Send(piece);
            }
        };

        flood.Should().Throw<SocketException>().Which.SocketErrorCode.Should().BeOneOf(SocketError.TimedOut, SocketError.WouldBlock);
        guest.Dispose();
        var before = sent;
        viewerEnd.Dispose();
        var result = await relay.WaitAsync(Patience);

        // What was taken from the guest beyond what the viewer's side took is at most one chunk.
        before.Should().BeLessThan(32 * 1024 * 1024);
        result.BytesToViewer.Should().BeLessThan(before);
    }

    [Fact]
    public async Task An_idle_direction_asks_for_nothing_and_holds_nothing()
    {
        using var viewer = new SilentStream();
        using var guest = new SilentStream();
        using var stop = new CancellationTokenSource();
        var relay = Relay.RunAsync(viewer, guest, lastWords: null, stop.Token);

        await Fakes.Eventually.TrueAsync(() => viewer.Waits == 1 && guest.Waits == 1);
        (viewer.Reads + guest.Reads).Should().Be(0);

        await stop.CancelAsync();
        await relay.WaitAsync(Patience);
    }

    [Fact]
    public async Task Bytes_that_arrived_are_not_kept_back_for_those_that_have_not()
    {
        // The source says that there is more, and then takes its time, as TLS does in the middle of a record.
        using var source = new StutteringStream();
        var (viewer, viewerEnd) = Pair();
        var relay = Relay.RunAsync(viewerEnd, source, lastWords: null, CancellationToken.None);

        var heard = new byte[5];
        await viewer.ReadExactlyAsync(heard).AsTask().WaitAsync(Patience);
        heard.Should().Equal("first"u8.ToArray());

        source.GoOn();
        var rest = new byte[6];
        await viewer.ReadExactlyAsync(rest).AsTask().WaitAsync(Patience);
        rest.Should().Equal("second"u8.ToArray());
        (await relay.WaitAsync(Patience)).Should().Be(new RelayResult(RelayEnd.Guest, 0, 11, null));
    }

    private static TimeSpan Patience => TimeSpan.FromSeconds(30);

    private static async Task<byte[]> ExchangeAsync(NetworkStream stream, byte[] send, int receive)
    {
        var sending = stream.WriteAsync(send);
        var received = new byte[receive];
        await stream.ReadExactlyAsync(received);
        await sending;
        return SHA256.HashData(received);
    }

    private (NetworkStream Ours, NetworkStream Relays) Pair()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var ours = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        ours.Connect(listener.LocalEndpoint);
        var relays = listener.AcceptSocket();
        var pair = (new NetworkStream(ours, ownsSocket: true), new NetworkStream(relays, ownsSocket: true));
        _sockets.Add(pair.Item1);
        _sockets.Add(pair.Item2);
        return pair;
    }
}
