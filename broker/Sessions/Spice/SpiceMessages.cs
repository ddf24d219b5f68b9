using Consoles.Common.Relaying;

namespace Consoles.Broker.Sessions.Spice;

/// <summary>The messages of a channel after its link stage, of which only some may go on.</summary>
/// <param name="peer">Who sends them, for sentences.</param>
/// <param name="rule">What becomes of a message of this type.</param>
/// <param name="maxLength">A longer one ends the connection.</param>
internal sealed class SpiceMessages(string peer, Func<int, SpiceVerdict> rule, uint maxLength) : MessageFilter(SpiceMessage.HeaderLength)
{
    protected override int HeadLength(ReadOnlySpan<byte> held) => SpiceMessage.HeaderLength;

    protected override MessageVerdict Judge(Span<byte> head)
    {
        var length = SpiceMessage.LengthOf(head);

        if (length > maxLength)
        {
            throw new SpiceException($"{peer} announced a SPICE message of {length} bytes; {maxLength} is the limit.");
        }

        var verdict = rule(SpiceMessage.TypeOf(head));
        return new MessageVerdict(length, verdict.HasFlag(SpiceVerdict.Drop), verdict.HasFlag(SpiceVerdict.Input));
    }
}
