using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Consoles.Broker.Sessions.Spice;

namespace Consoles.Tests.Fakes;

/// <summary>What a <see cref="FakeSpiceServer"/> says, right or wrong.</summary>
internal sealed record FakeSpiceScript
{
    public Guid Guest { get; init; } = VncTargets.Domain.Uuid;

    public uint Session { get; init; } = 0x1234_5678;

    public string Ticket { get; init; } = "";

    public SpiceCapabilities Common { get; init; } = SpiceSamples.Common;

    /// <summary>Instead of a link reply.</summary>
    public byte[]? Reply { get; init; }

    /// <summary>Answers the link message with this, where it is set.</summary>
    public Func<SpiceLinkMessage, bool, SpiceLinkError>? Refuse { get; init; }

    /// <summary>Instead of the three messages that a session begins with.</summary>
    public byte[]? Beginning { get; init; }

    public TestCertificate? Certificate { get; init; }

    /// <summary>It says nothing at all after the link message.</summary>
    public bool Silent { get; init; }
}

/// <summary>A SPICE server on a real socket that speaks the link stage and then lets the test speak.</summary>
internal sealed class FakeSpiceServer : IAsyncDisposable
{
    private readonly FakeSpiceScript _script;
    private readonly TcpListener _plain = new(IPAddress.Loopback, 0);
    private readonly TcpListener _secured = new(IPAddress.Loopback, 0);
    private readonly RSA _key = RSA.Create(1024);
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentBag<Task> _running = [];

    // A test that lets go of a channel has not closed it; the garbage collector would.
    private readonly ConcurrentBag<Stream> _kept = [];

    public FakeSpiceServer(FakeSpiceScript? script = null)
    {
        _script = script ?? new FakeSpiceScript();
        _plain.Start();
        _secured.Start();
        _running.Add(AcceptAsync(_plain, tls: false));
        _running.Add(AcceptAsync(_secured, tls: true));
    }

    public byte[] PublicKey => _key.ExportSubjectPublicKeyInfo();

    public int Port => ((IPEndPoint)_plain.LocalEndpoint).Port;

    public int TlsPort => ((IPEndPoint)_secured.LocalEndpoint).Port;

    /// <summary>What was asked for, in order.</summary>
    public ConcurrentQueue<(SpiceLinkMessage Link, bool Tls)> Links { get; } = new();

    /// <summary>The tickets that were shown, decrypted.</summary>
    public ConcurrentQueue<string> Tickets { get; } = new();

    /// <summary>The channels after their link stage.</summary>
    public ConcurrentQueue<(SpiceChannelType Type, Stream Stream)> Channels { get; } = new();

    public int Accepted;

    public async Task<Stream> NextAsync(SpiceChannelType type)
    {
        var next = await Eventually.GetAsync(() => Task.FromResult(Channels.TryDequeue(out var channel) ? new Opened(channel.Type, channel.Stream) : null));
        next.Type.Should().Be(type);
        return next.Stream;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _plain.Dispose();
        _secured.Dispose();

        foreach (var stream in _kept)
        {
            await stream.DisposeAsync();
        }

        await Task.WhenAll(_running);
        _key.Dispose();
        _stop.Dispose();
    }

    private async Task AcceptAsync(TcpListener listener, bool tls)
    {
        try
        {
            while (true)
            {
                var client = await listener.AcceptTcpClientAsync(_stop.Token);
                Interlocked.Increment(ref Accepted);
                _running.Add(ServeAsync(client, tls));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException or SocketException)
        {
            // The test is over.
        }
    }

    private async Task ServeAsync(TcpClient client, bool tls)
    {
        Stream stream = client.GetStream();

        try
        {
            if (tls)
            {
                var secured = new SslStream(stream);
                stream = secured;
                using var identity = _script.Certificate!.Identity();
                await secured.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificateContext = identity.Context }, _stop.Token);
            }

            if (await LinkAsync(stream, tls) is { } type)
            {
                _kept.Add(stream);
                Channels.Enqueue((type, stream));
                return;
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or CryptographicException or System.Security.Authentication.AuthenticationException or SpiceException)
        {
            // The broker left, which tests look at from its side.
        }

        await stream.DisposeAsync();
    }

    private async Task<SpiceChannelType?> LinkAsync(Stream stream, bool tls)
    {
        var wire = new SpiceWire(stream, "The broker");
        var link = await wire.ReadMessageAsync(_stop.Token);
        Links.Enqueue((link, tls));

        if (_script.Silent)
        {
            await Task.Delay(Timeout.Infinite, _stop.Token);
        }

        var error = _script.Refuse?.Invoke(link, tls) ?? (link.ConnectionId == (link.Type == SpiceChannelType.Main ? 0 : _script.Session) ? SpiceLinkError.Ok : SpiceLinkError.BadConnectionId);
        var reply = new SpiceLinkReply(error, _key.ExportSubjectPublicKeyInfo(), _script.Common, SpiceCapabilities.Of(0, 1, 2, 3));
        await wire.WriteAsync(_script.Reply ?? SpiceLink.Write(reply), _stop.Token);

        if (error != SpiceLinkError.Ok)
        {
            return null;
        }

        // As spice-server does (reds.cpp, reds_handle_read_link_done): the client's word counts.
        if (_script.Common.Has(SpiceCapabilities.AuthSelection) && link.Common.Has(SpiceCapabilities.AuthSelection))
        {
            (await wire.ReadNumberAsync("the mechanism", _stop.Token)).Should().Be(1);
        }

        var ticket = Encoding.UTF8.GetString(_key.Decrypt(await wire.ReadAsync(SpiceLink.TicketLength, "the ticket", _stop.Token), RSAEncryptionPadding.OaepSHA1)).TrimEnd('\0');
        Tickets.Enqueue(ticket);
        var let = _script.Ticket.Length == 0 || ticket == _script.Ticket;
        await wire.WriteNumberAsync((uint)(let ? SpiceLinkError.Ok : SpiceLinkError.PermissionDenied), _stop.Token);

        if (let && link.Type == SpiceChannelType.Main)
        {
            await wire.WriteAsync(_script.Beginning ?? Beginning(), _stop.Token);
        }

        return let ? link.Type : null;
    }

    private byte[] Beginning() =>
    [
        .. SpiceSamples.Init(_script.Session),
        .. SpiceSamples.Message(SpiceMessage.MainName, "web1\0"u8),
        .. SpiceSamples.Message(SpiceMessage.MainUuid, _script.Guest.ToByteArray(bigEndian: true)),
    ];

    private sealed record Opened(SpiceChannelType Type, Stream Stream);
}
