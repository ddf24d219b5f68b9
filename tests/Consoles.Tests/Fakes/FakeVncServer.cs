using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using Consoles.Common.Rfb;
using Consoles.Common.Tls;

namespace Consoles.Tests.Fakes;

/// <summary>A VNC server on a real socket that speaks the real protocol as its script says, and keeps what clients sent.</summary>
internal sealed class FakeVncServer : IAsyncDisposable
{
    private readonly Socket _listener;
    private readonly FakeVncScript _script;
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentBag<Task> _connections = [];
    private readonly Task _accepting;
    private int _open;
    private int _mostOpen;
    private int _accepted;
    private int _stalled;

    public FakeVncServer(FakeVncScript? script = null, EndPoint? at = null)
    {
        _script = script ?? new FakeVncScript();
        at ??= new IPEndPoint(IPAddress.Loopback, 0);
        _listener = at is UnixDomainSocketEndPoint
            ? new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified)
            : new Socket(at.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        _listener.Bind(at);
        _listener.Listen(64);
        _accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndPoint!).Port;

    public int Accepted => Volatile.Read(ref _accepted);

    /// <summary>How many connections have come to the step at which the script stalls.</summary>
    public int Stalled => Volatile.Read(ref _stalled);

    public int Open => Volatile.Read(ref _open);

    public int MostOpen => Volatile.Read(ref _mostOpen);

    /// <summary>What each connection sent after the server's ServerInit, as far as it came.</summary>
    public ConcurrentQueue<byte[]> Messages { get; } = new();

    /// <summary>Whether a ClientInit asked to share, one for each that came.</summary>
    public ConcurrentQueue<bool> Shared { get; } = new();

    public ConcurrentQueue<VeNCryptSubtype> ChosenSubtypes { get; } = new();

    public ConcurrentQueue<RfbSecurityType> ChosenTypes { get; } = new();

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        await _accepting;
        await Task.WhenAll(_connections);
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                var socket = await _listener.AcceptAsync(_stop.Token);
                Interlocked.Increment(ref _accepted);
                _connections.Add(Task.Run(() => ServeAsync(socket)));
            }
            catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
            {
                return;
            }
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        var open = Interlocked.Increment(ref _open);
        InterlockedMax(ref _mostOpen, open);

        try
        {
            await using var stream = new NetworkStream(socket, ownsSocket: true);
            await TalkAsync(stream);
        }
        catch (Exception e) when (e is RfbException or IOException or AuthenticationException or OperationCanceledException or ObjectDisposedException)
        {
            // The client left, or the test is over.
        }
        finally
        {
            Interlocked.Decrement(ref _open);
        }
    }

    private async Task TalkAsync(Stream stream)
    {
        var wire = new RfbWire(stream);
        await AtAsync(FakeVncStep.Version, stream);
        await stream.WriteAsync(_script.Version, _stop.Token);
        await wire.ReadAsync<Version?>((ref reader, out read) => reader.TryReadVersion(out read), "version", _stop.Token);

        await AtAsync(FakeVncStep.SecurityTypes, stream);

        if (_script.Refusal is not null)
        {
            await stream.WriteAsync(_script.Refusal, _stop.Token);
            return;
        }

        await wire.WriteAsync((ref writer) => writer.WriteSecurityTypes(_script.Types), _stop.Token);
        var type = await wire.ReadAsync<RfbSecurityType>((ref reader, out read) => reader.TryReadSecurityType(out read), "type", _stop.Token);
        ChosenTypes.Enqueue(type);
        var password = type == RfbSecurityType.VncAuthentication;

        if (type == RfbSecurityType.VeNCrypt)
        {
            var subtype = await NegotiateAsync(wire);
            var tls = new SslStream(stream);
            await AtAsync(FakeVncStep.Tls, stream);
            await tls.AuthenticateAsServerAsync(TlsOptions(), _stop.Token);
            wire = new RfbWire(tls);
            password = subtype == VeNCryptSubtype.X509Vnc;
        }

        await AuthenticateAsync(wire, password);
    }

    private async Task<VeNCryptSubtype> NegotiateAsync(RfbWire wire)
    {
        await AtAsync(FakeVncStep.VeNCrypt, wire.Stream);
        await wire.Stream.WriteAsync(_script.VeNCryptVersion, _stop.Token);
        await wire.ReadAsync<Version?>((ref reader, out read) => reader.TryReadVeNCryptVersion(out read), "VeNCrypt version", _stop.Token);
        await wire.WriteAsync((ref writer) => writer.WriteVeNCryptVersionAccepted(_script.AcceptsVeNCryptVersion), _stop.Token);
        await wire.WriteAsync((ref writer) => writer.WriteVeNCryptSubtypes(_script.Subtypes), _stop.Token);
        var subtype = await wire.ReadAsync<VeNCryptSubtype>((ref reader, out read) => reader.TryReadVeNCryptSubtype(out read), "subtype", _stop.Token);
        ChosenSubtypes.Enqueue(subtype);
        await wire.WriteAsync((ref writer) => writer.WriteVeNCryptSubtypeAccepted(_script.AcceptsSubtype), _stop.Token);

        if (_script.InjectedBeforeTls.Length > 0)
        {
            await wire.Stream.WriteAsync(_script.InjectedBeforeTls, _stop.Token);
        }

        return subtype;
    }

    private async Task AuthenticateAsync(RfbWire wire, bool password)
    {
        await AtAsync(FakeVncStep.Authentication, wire.Stream);
        string? refusal = null;

        if (password)
        {
            var challenge = Enumerable.Range(1, 16).Select(i => (byte)i).ToArray();
            await wire.WriteAsync((ref writer) => writer.WriteChallenge(challenge), _stop.Token);
            var answer = await wire.ReadAsync<byte[]?>((ref reader, out read) => reader.TryReadChallenge(out read), "answer", _stop.Token);
            refusal = answer!.SequenceEqual(VncPassword.Answer(challenge, _script.Password)) ? null : "Authentication failed";
        }

        if (_script.Result is not null)
        {
            await wire.Stream.WriteAsync(_script.Result, _stop.Token);
        }
        else
        {
            await wire.WriteAsync((ref writer) => writer.WriteSecurityResult(refusal), _stop.Token);
        }

        if (refusal is not null)
        {
            return;
        }

        Shared.Enqueue(await wire.ReadAsync<bool>((ref reader, out read) => reader.TryReadClientInit(out read), "ClientInit", _stop.Token));
        await AtAsync(FakeVncStep.ServerInit, wire.Stream);

        if (_script.ServerInit is not null)
        {
            await wire.Stream.WriteAsync(_script.ServerInit, _stop.Token);
        }
        else
        {
            await wire.WriteAsync((ref writer) => writer.WriteServerInit(new RfbServerInit(720, 400, FakeVncScript.PixelFormat, _script.Name)), _stop.Token);
        }

        await wire.Stream.WriteAsync(_script.AfterInit, _stop.Token);
        var buffer = new byte[4096];

        while (await wire.Stream.ReadAsync(buffer, _stop.Token) is var got and > 0)
        {
            Messages.Enqueue(buffer[..got]);
        }
    }

    private SslServerAuthenticationOptions TlsOptions() => new()
    {
        ServerCertificateContext = _script.Certificate!.Identity().Context,
        EnabledSslProtocols = PeerTls.Protocols,
    };

    // A server that stalls still notices that its client leaves.
    private async Task AtAsync(FakeVncStep step, Stream stream)
    {
        if (_script.StallsAt == step)
        {
            // Only a client that has said hello is known to be waiting for TLS, and not for the word before it.
            if (step == FakeVncStep.Tls)
            {
                await stream.ReadExactlyAsync(new byte[1], _stop.Token);
            }

            Interlocked.Increment(ref _stalled);
            await stream.CopyToAsync(Stream.Null, _stop.Token);
            throw new IOException("The client left.");
        }
    }

    private static void InterlockedMax(ref int target, int value)
    {
        for (var seen = Volatile.Read(ref target); seen < value; seen = Volatile.Read(ref target))
        {
            Interlocked.CompareExchange(ref target, value, seen);
        }
    }
}

internal enum FakeVncStep
{
    Never,
    Version,
    SecurityTypes,
    VeNCrypt,
    Tls,
    Authentication,
    ServerInit,
}

/// <summary>What a <see cref="FakeVncServer"/> does. By default: a guest named web1 without protection.</summary>
internal sealed record FakeVncScript
{
    public static readonly System.Collections.Immutable.ImmutableArray<byte> PixelFormat = [32, 24, 0, 1, 0, 255, 0, 255, 0, 255, 16, 8, 0, 0, 0, 0];

    public byte[] Version { get; init; } = "RFB 003.008\n"u8.ToArray();

    public RfbSecurityType[] Types { get; init; } = [RfbSecurityType.None];

    /// <summary>Sent instead of the types.</summary>
    public byte[]? Refusal { get; init; }

    public byte[] VeNCryptVersion { get; init; } = [0, 2];

    public bool AcceptsVeNCryptVersion { get; init; } = true;

    public VeNCryptSubtype[] Subtypes { get; init; } = [VeNCryptSubtype.X509None];

    public bool AcceptsSubtype { get; init; } = true;

    public byte[] InjectedBeforeTls { get; init; } = [];

    public TestCertificate? Certificate { get; init; }

    public string Password { get; init; } = "secret";

    /// <summary>Sent instead of the right SecurityResult.</summary>
    public byte[]? Result { get; init; }

    /// <summary>Sent instead of a ServerInit with <see cref="Name"/>.</summary>
    public byte[]? ServerInit { get; init; }

    public string Name { get; init; } = "QEMU (web1)";

    public byte[] AfterInit { get; init; } = [];

    public FakeVncStep StallsAt { get; init; }
}
