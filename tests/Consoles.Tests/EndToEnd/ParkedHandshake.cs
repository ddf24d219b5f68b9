using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Consoles.Common.Relaying;
using Consoles.Common.Rfb;

namespace Consoles.Tests.EndToEnd;

/// <summary>A client that stops in the middle of its TLS handshake with a VNC server: the server has answered its hello, and waits for what comes next.</summary>
internal sealed class ParkedHandshake : IAsyncDisposable
{
    private readonly Socket _socket;
    private readonly HesitantStream _stream;
    private readonly SslStream _tls;
    private readonly Task _handshake;

    private ParkedHandshake(Socket socket, X509Certificate2? own)
    {
        _socket = socket;
        _stream = new HesitantStream(new NetworkStream(socket, ownsSocket: true));
        _tls = new SslStream(_stream);
        _handshake = _tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            TargetHost = "node1",
            ClientCertificates = own is null ? [] : [own],
            RemoteCertificateValidationCallback = (_, _, _, _) => true,
        });
    }

    /// <param name="own">What it will show when it is asked for a certificate, or null.</param>
    public static async Task<ParkedHandshake> StartAsync(int port, X509Certificate2? own)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        await socket.ConnectAsync("127.0.0.1", port, limit.Token);
        var wire = new RfbWire(new NetworkStream(socket));
        var offer = await RfbOffer.ReadAsync(wire, limit.Token);
        await RfbOffer.BeginTlsAsync(wire, offer.Subtypes[0], limit.Token);

        var parked = new ParkedHandshake(socket, own);
        await parked._stream.Hesitates.WaitAsync(limit.Token);
        return parked;
    }

    /// <summary>Goes on, as far as the server lets it.</summary>
    /// <returns>Whether the handshake came to its end.</returns>
    public async Task<bool> GoOnAsync()
    {
        _stream.GoOn();

        try
        {
            await _handshake.WaitAsync(TimeSpan.FromSeconds(60));
            return true;
        }
        catch (Exception e) when (e is IOException or AuthenticationException)
        {
            return false;
        }
    }

    public async ValueTask DisposeAsync()
    {
        _socket.Dispose();
        await GoOnAsync();
        await _tls.DisposeAsync();
    }

    // The first thing that is written is the hello. The second waits.
    private sealed class HesitantStream(Stream inner) : WrappedStream(inner)
    {
        private readonly TaskCompletionSource _hesitates = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _goesOn = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _writes;

        public Task Hesitates => _hesitates.Task;

        public void GoOn() => _goesOn.TrySetResult();

        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (++_writes > 1)
            {
                _hesitates.TrySetResult();
                await _goesOn.Task.WaitAsync(cancellationToken);
            }

            await base.WriteAsync(buffer, cancellationToken);
        }
    }
}
