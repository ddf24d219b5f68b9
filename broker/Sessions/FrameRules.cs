using System.Net.WebSockets;

namespace Consoles.Broker.Sessions;

/// <summary>What a viewer did that ends its channel: the close code, and the sentence that goes with it.</summary>
internal sealed record FrameFault(WebSocketCloseStatus Code, string Reason);

/// <summary>Judges the frames that a viewer sends by their headers, before any of their payload is read.</summary>
/// <param name="text">The console's bytes are in text frames, and binary ones are not taken; else it is the other way round.</param>
internal sealed class FrameRules(TimeProvider clock, bool text = false)
{
    /// <summary>The longest frame taken. noVNC sends at most 10 KiB, browsers cut larger messages at 64 to 128 KiB.</summary>
    public const ulong MaxPayload = 1024 * 1024;

    // RFC 6455, section 5.5: control frames are not fragmented and carry at most 125 bytes.
    private const ulong MaxControlPayload = 125;

    // No more than these, of one message: an endless message of empty fragments would cost us work and the sender nothing.
    private const int MaxFragments = 1024;

    private const int MaxControlFramesPerSecond = 20;

    private bool _inMessage;
    private int _fragments;
    private int _controlFrames;
    private long _second;

    /// <summary>What is wrong with the frame that this header announces, or null.</summary>
    public FrameFault? Judge(in FrameHeader header)
    {
        if (header.Reserved != 0)
        {
            return Wrong("A frame has reserved bits set, and no extension was agreed on.");
        }

        if (!header.Masked)
        {
            return Wrong("A frame of the viewer's is not masked.");
        }

        if (header.Payload > MaxPayload)
        {
            return new FrameFault(WebSocketCloseStatus.MessageTooBig, "A frame of more than 1 MiB was announced.");
        }

        return header.Kind switch
        {
            FrameKind.Close or FrameKind.Ping or FrameKind.Pong => JudgeControl(header),
            FrameKind.Continuation when _inMessage => JudgeFragment(header),
            FrameKind.Continuation => Wrong("A fragment came outside a message."),
            FrameKind.Text when text && !_inMessage => JudgeFragment(header),
            FrameKind.Binary when text => new FrameFault(WebSocketCloseStatus.InvalidMessageType, "Binary frames are not taken; this console speaks base64."),
            FrameKind.Text when text => Wrong("A message began inside another one."),
            FrameKind.Text => new FrameFault(WebSocketCloseStatus.InvalidMessageType, "Text frames are not taken; a console speaks binary."),
            FrameKind.Binary when !_inMessage => JudgeFragment(header),
            FrameKind.Binary => Wrong("A message began inside another one."),
            _ => Wrong("A frame has a reserved opcode."),
        };
    }

    private FrameFault? JudgeFragment(in FrameHeader header)
    {
        _inMessage = !header.Final;
        _fragments = header.Final ? 0 : _fragments + 1;
        return _fragments > MaxFragments ? Wrong("A message was cut into too many fragments.") : null;
    }

    private FrameFault? JudgeControl(in FrameHeader header)
    {
        if (!header.Final || header.Payload > MaxControlPayload)
        {
            return Wrong("A control frame is fragmented or longer than 125 bytes.");
        }

        var second = clock.GetTimestamp() / clock.TimestampFrequency;
        _controlFrames = second == _second ? _controlFrames + 1 : 1;
        _second = second;

        return _controlFrames > MaxControlFramesPerSecond
            ? new FrameFault(WebSocketCloseStatus.PolicyViolation, "More than 20 control frames came in a second.")
            : null;
    }

    private static FrameFault Wrong(string reason) => new(WebSocketCloseStatus.ProtocolError, reason);
}
