using System.Security.Authentication;
using Consoles.Broker.Sessions;
using Consoles.Broker.Sessions.Spice;

namespace Consoles.Broker.Viewers.Spice;

/// <summary>A SPICE viewer that has asked for a tunnel. It is given one when the guest is there and the viewer's first bytes are wanted; before that it can be told in words why not.</summary>
/// <param name="proxied">The connection on which it asked.</param>
/// <param name="passes">TLS ends at QEMU: all that comes is the guest's.</param>
internal sealed class TunnelChannel(Visitor visitor, Stream proxied, bool plain, bool passes, ViewerCertificate certificate, Reception reception) : ViewerChannel
{
    private readonly SemaphoreSlim _opening = new(1);
    private RawChannel? _inside;
    private int _told;

    public override FrameFault? Fault => null;

    public override TimeSpan Silence => Volatile.Read(ref _inside)?.Silence ?? TimeSpan.Zero;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        await (Volatile.Read(ref _inside) ?? await OpenAsync(cancellationToken)).ReadAsync(buffer, cancellationToken);

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
        await (Volatile.Read(ref _inside) ?? await OpenAsync(cancellationToken)).WriteAsync(buffer, cancellationToken);

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override async Task CloseAsync(SessionEnding ending)
    {
        if (Interlocked.Exchange(ref _told, 1) == 0)
        {
            await reception.SayLastAsync(limit => TunnelHead.RefuseAsync(proxied, "502 Bad Gateway", ending.Reason, limit));
        }

        await (Volatile.Read(ref _inside)?.CloseAsync(ending) ?? Task.CompletedTask);
        visitor.Leave();
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            visitor.Leave();
            Volatile.Read(ref _inside)?.Dispose();
            _opening.Dispose();
        }

        base.Dispose(disposing);
    }

    private async Task<RawChannel> OpenAsync(CancellationToken cancellationToken)
    {
        await _opening.WaitAsync(cancellationToken);

        try
        {
            if (_inside is { } opened)
            {
                return opened;
            }

            if (Interlocked.Exchange(ref _told, 1) != 0)
            {
                throw new IOException("The session ended before its tunnel was open.");
            }

            await TunnelHead.AgreeAsync(proxied, cancellationToken);
            var inside = visitor.ChannelOf(passes ? proxied : await BeginAsync(cancellationToken));
            Volatile.Write(ref _inside, inside);
            return inside;
        }
        finally
        {
            _opening.Release();
        }
    }

    // A viewer begins with TLS's hello, or with SPICE's link message.
    private async Task<Stream> BeginAsync(CancellationToken cancellationToken)
    {
        const byte Handshake = 0x16;
        var first = new byte[1];

        if (await proxied.ReadAsync(first, cancellationToken) == 0)
        {
            throw new IOException("The viewer left when its tunnel was open.");
        }

        var whole = new PrefixedStream(first, proxied);

        if (first[0] == Handshake)
        {
            try
            {
                return await visitor.SecureAsync(certificate, whole, cancellationToken);
            }
            catch (AuthenticationException e)
            {
                throw new SpiceException($"The viewer and the broker did not agree on TLS: {e.Message}", e);
            }
        }

        if (!plain)
        {
            await proxied.WriteAsync(SpiceLink.Write(new SpiceLinkReply(SpiceLinkError.NeedSecured, ReadOnlyMemory<byte>.Empty, SpiceCapabilities.None, SpiceCapabilities.None)), cancellationToken);
            throw new SpiceException("The viewer began without TLS, which is needed over a network.", fault: SpiceFault.NotAcceptable);
        }

        return whole;
    }
}
