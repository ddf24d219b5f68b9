using System.Collections.Concurrent;
using Consoles.Agent.Identity;
using Consoles.Agent.Libvirt;
using Consoles.Common.Inventory;
using Consoles.Common.Link;
using Microsoft.Extensions.Logging;

namespace Consoles.Agent.Relays;

/// <summary>Presses keys in guests, when the broker asks for it.</summary>
internal sealed class KeysAnswers(IKeyboards keyboards, TimeProvider clock, ILogger<KeysAnswers> logger) : ILinkRequestHandler
{
    /// <summary>
    /// After each press and each release. A PS/2 keyboard of QEMU holds 16 bytes that the guest has not taken yet, and drops what does not fit;
    /// at this pace a guest may be busy for a sixth of a second before one is lost.
    /// </summary>
    public static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(15);

    private const int MaxAtOnce = 64;

    // KEY_MAX of linux/input-event-codes.h.
    private const int MaxCode = 0x2ff;

    // Who types into a domain: two at a time would press each other's Shift.
    private readonly ConcurrentDictionary<DomainId, bool> _busy = new();

    public bool Handles(LinkRequest request) => request is KeysWanted;

    public async Task<LinkAnswer?> HandleAsync(LinkRequest request, AgentIdentity identity, CancellationToken cancellationToken) =>
        await AnswerAsync((KeysWanted)request, cancellationToken);

    private async Task<KeysSent> AnswerAsync(KeysWanted wanted, CancellationToken cancellationToken)
    {
        if (wanted.Strokes is not { Count: <= KeysWanted.MaxStrokes } || !wanted.Strokes.All(IsStroke))
        {
            return new KeysSent(wanted.Request, 0, "That is more than may be asked for at once, or no keys.");
        }

        if (_busy.Count >= MaxAtOnce || !_busy.TryAdd(wanted.Incarnation.Domain, true))
        {
            return new KeysSent(wanted.Request, 0, "Keys are being pressed there, or in too many domains, already.");
        }

        try
        {
            return await SendAsync(wanted, cancellationToken);
        }
        finally
        {
            _busy.TryRemove(wanted.Incarnation.Domain, out _);
        }
    }

    private async Task<KeysSent> SendAsync(KeysWanted wanted, CancellationToken cancellationToken)
    {
        var sent = 0;

        try
        {
            if (await keyboards.FindAsync(wanted.Incarnation, cancellationToken) is not { } keyboard)
            {
                return new KeysSent(wanted.Request, 0, "That run of the domain is over, or is not on this node.");
            }

            foreach (var stroke in wanted.Strokes)
            {
                await keyboard.PressAsync(stroke.Keys, Pause, cancellationToken);
                sent++;

                // Until QEMU has let the last key go: it takes the strokes at once, and would queue them.
                await Task.Delay(Pause * (2 * stroke.Keys.Count), clock, cancellationToken);
            }

            return new KeysSent(wanted.Request, sent, Reason: null);
        }
        catch (LibvirtException e)
        {
            logger.KeysNotSent(wanted.Incarnation.Domain, sent, wanted.Strokes.Count, e.Message);
            return new KeysSent(wanted.Request, sent, e.Message);
        }
    }

    private static bool IsStroke(KeyStroke stroke) =>
        stroke.Keys is { Count: > 0 and <= LibvirtKeys.MaxKeys } && stroke.Keys.All(key => key is > 0 and <= MaxCode);
}
