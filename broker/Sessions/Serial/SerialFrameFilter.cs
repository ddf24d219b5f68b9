using System.Buffers.Binary;
using Consoles.Common.Relaying;
using Consoles.Common.Serial;

namespace Consoles.Broker.Sessions.Serial;

/// <summary>The frames of one direction of a serial line, of which only those go on that its rules let pass. Every frame is a sign of the sender.</summary>
internal sealed class SerialFrameFilter(SerialFrameRules rules) : MessageFilter(SerialFrame.HeaderSize)
{
    protected override int HeadLength(ReadOnlySpan<byte> held) => SerialFrame.HeaderSize;

    protected override MessageVerdict Judge(Span<byte> head)
    {
        var length = BinaryPrimitives.ReadUInt16BigEndian(head[1..]);
        return new MessageVerdict(length, Drop: !rules.Passes((SerialFrameType)head[0], length), Input: true);
    }
}
