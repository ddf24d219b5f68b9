using Consoles.Common.Serial;

namespace Consoles.Broker.Sessions.Serial;

/// <summary>Which frames of a shared serial line may pass, in one direction.</summary>
internal abstract class SerialFrameRules
{
    // A name and a reason in JSON, or a sentence.
    private const int MaxText = 8192;
    private const int GapLength = sizeof(ulong);

    /// <summary>Whether the frame goes on, judged by its header, before any of its payload.</summary>
    /// <exception cref="SerialFrameException">Nobody may send it.</exception>
    public abstract bool Passes(SerialFrameType type, int length);

    /// <summary>What a viewer sends. Without the right to use the console, nothing of it goes on.</summary>
    public sealed class OfViewer(bool viewOnly) : SerialFrameRules
    {
        public override bool Passes(SerialFrameType type, int length)
        {
            var limit = type switch
            {
                SerialFrameType.Input => SerialFrame.MaxPayload,
                SerialFrameType.Break or SerialFrameType.Take or SerialFrameType.Release => 0,
                _ => throw new SerialFrameException($"The viewer sent a frame of type 0x{(byte)type:x2}, which is none of a viewer's."),
            };

            return length <= limit ? !viewOnly : throw new SerialFrameException($"The viewer sent a frame {type} of {length} bytes; {limit} is the limit.");
        }
    }

    /// <summary>What the line sends. An agent that is broken must not confuse the page.</summary>
    public sealed class OfLine : SerialFrameRules
    {
        private bool _live;

        public override bool Passes(SerialFrameType type, int length)
        {
            var (least, most) = type switch
            {
                SerialFrameType.Past when !_live => (0, SerialFrame.MaxPayload),
                SerialFrameType.Live when !_live => (0, 0),
                SerialFrameType.Data when _live => (0, SerialFrame.MaxPayload),
                SerialFrameType.Gap => (GapLength, GapLength),
                SerialFrameType.State or SerialFrameType.Writer or SerialFrameType.Notice => (0, MaxText),
                _ => throw new SerialFrameException($"The serial line sent a frame of type 0x{(byte)type:x2}, which may not come {(_live ? "after" : "before")} the end of its past."),
            };

            if (length < least || length > most)
            {
                throw new SerialFrameException($"The serial line sent a frame {type} of {length} bytes; from {least} to {most} are allowed.");
            }

            _live |= type == SerialFrameType.Live;
            return true;
        }
    }
}
