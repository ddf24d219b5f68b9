using System.Collections.Concurrent;
using Consoles.Broker.Nodes;
using Consoles.Broker.Sessions;
using Consoles.Broker.Tokens;
using Consoles.Common.Rfb;

namespace Consoles.Tests.Fakes;

/// <summary>Guests whose VNC consoles are proved already: what a test writes at their ends comes after the handshake.</summary>
internal sealed class RfbGuests : IGuestConnector
{
    // A test that lets go of a guest's end has not closed it; the garbage collector would.
    private readonly ConcurrentBag<Stream> _kept = [];

    public ConcurrentQueue<Stream> Dialled { get; } = new();

    /// <summary>What dialling does instead, when set.</summary>
    public Func<CancellationToken, Task>? Instead { get; set; }

    public async Task<GuestEnd> ConnectAsync(ConsoleTarget target, ConsoleGrant grant, CancellationToken cancellationToken)
    {
        await (Instead?.Invoke(cancellationToken) ?? Task.CompletedTask);
        var (near, far) = await Loopback.PairAsync();
        _kept.Add(far);
        Dialled.Enqueue(far);
        return new VncGuestEnd(near, new RfbServerInit(720, 400, FakeVncScript.PixelFormat, "QEMU (web1)"), relayed: false, TimeProvider.System);
    }
}
