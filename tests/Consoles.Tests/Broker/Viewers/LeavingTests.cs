using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text;
using Consoles.Broker.Sessions;
using Consoles.Broker.Viewers;
using Consoles.Common.Inventory;
using Consoles.Common.Relaying;
using Consoles.Common.Serial;
using Consoles.Tests.Fakes;

namespace Consoles.Tests.Broker.Viewers;

/// <summary>How a viewer's connection ends.</summary>
public sealed class LeavingTests
{
    private long _sent;

    [Fact]
    public async Task Who_is_sent_away_hears_it_of_TLS_too()
    {
        await using var broker = await ViewerBroker.StartAsync();
        await using var heard = new HeardStream(await ViewerBroker.ConnectAsync(broker.Listeners.Serial!));
        await using var viewer = new SslStream(heard, leaveInnerStreamOpen: false, (_, _, _, _) => true);

        // Of TLS 1.3's records one cannot see what they are.
        await viewer.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = "localhost", EnabledSslProtocols = SslProtocols.Tls12 });
        await viewer.WriteAsync("hunter2\n"u8.ToArray());

        Encoding.UTF8.GetString(await ViewerBroker.DrainAsync(viewer)).Should().EndWith(Admission.NotValid + "\r\n");
        heard.Records.Should().EndWith([HeardStream.ApplicationData, HeardStream.Alert], because: "without close_notify some viewers speak of an attack");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Who_never_reads_is_let_go_of_when_the_session_ends(bool inTunnel)
    {
        await using var broker = await ViewerBroker.StartAsync(null, "--Sessions:CloseLimit=00:00:00.5", "--Viewers:Spice:Scheme=https");
        await using var viewer = inTunnel ? await TunnelAsync(broker) : await SerialAsync(broker);
        using var guest = await broker.Live.Guests.NextAsync();
        var talking = TalkAsync(guest, framed: !inTunnel);
        var (before, same) = (0L, 0);

        // There is no more place on the way: the viewer's side holds the guest's up.
        await Eventually.TrueAsync(() =>
        {
            (before, same) = (Sent, Sent == before ? same + 1 : 0);
            return same > 20 && !guest.Poll(0, SelectMode.SelectWrite);
        });
        broker.Live.Sessions.End(_ => true, SessionEnding.Revoked);

        await Eventually.TrueAsync(() => broker.Live.Sessions.Sessions.Count == 0);
        await talking;
        var drained = async () => await ViewerBroker.DrainAsync(viewer);
        await drained.Should().NotThrowAsync<OperationCanceledException>(because: "the connection has ended");
        broker.Live.Logs.Text.Should().NotContain("Error 6004");
    }

    private static async Task<Stream> SerialAsync(ViewerBroker broker)
    {
        var viewer = await broker.SecureAsync(broker.Listeners.Serial!);
        await viewer.WriteAsync(Encoding.ASCII.GetBytes($"{broker.Token(ConsoleKind.Serial)}\n"));
        return viewer;
    }

    private static async Task<Stream> TunnelAsync(ViewerBroker broker)
    {
        var outer = await broker.SecureAsync(broker.Listeners.Spice!);
        await outer.WriteAsync(Encoding.ASCII.GetBytes($"CONNECT {broker.Token(ConsoleKind.Spice)}:1 HTTP/1.1\r\n\r\n"));
        await ViewerBroker.ReadAsync(outer, "HTTP/1.1 200 Connection established\r\n\r\n".Length);
        var inner = await broker.SecureAsync(outer);
        await inner.WriteAsync("REDQ"u8.ToArray());
        return inner;
    }

    private long Sent => Volatile.Read(ref _sent);

    private async Task TalkAsync(Socket guest, bool framed)
    {
        try
        {
            await guest.SendAsync(framed ? SerialFrame.Encode(SerialFrameType.Live, []) : [0]);

            while (true)
            {
                Interlocked.Add(ref _sent, await guest.SendAsync(framed ? SerialFrame.Encode(SerialFrameType.Data, new byte[8192]) : new byte[8192]));
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The broker has hung up.
        }
    }

    /// <summary>Notes of which types the records were that came.</summary>
    private sealed class HeardStream(Stream inner) : WrappedStream(inner)
    {
        public const byte Alert = 21;
        public const byte ApplicationData = 23;

        private const int HeaderBytes = 5;

        private readonly List<byte> _header = [];
        private int _rest;

        public List<byte> Records { get; } = [];

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var count = await base.ReadAsync(buffer, cancellationToken);

            foreach (var octet in buffer.Span[..count])
            {
                Hear(octet);
            }

            return count;
        }

        private void Hear(byte octet)
        {
            if (_rest > 0)
            {
                _rest--;
                return;
            }

            _header.Add(octet);

            if (_header.Count == HeaderBytes)
            {
                Records.Add(_header[0]);
                _rest = (_header[3] << 8) | _header[4];
                _header.Clear();
            }
        }
    }
}
