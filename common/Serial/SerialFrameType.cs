namespace Consoles.Common.Serial;

/// <summary>
/// What a frame of a shared serial line is: one byte of type, two of length (big-endian, at most <see cref="SerialFrame.MaxPayload"/>), the payload.
/// The same frames travel from the line to the broker and from the broker to the browser, as a stream: their borders are not those of WebSocket messages.
/// </summary>
public enum SerialFrameType : byte
{
    /// <summary>Line to viewer: bytes that the guest sent before the viewer came.</summary>
    Past = 0x01,

    /// <summary>Line to viewer, once, empty: the past ends here, without gap or repeat.</summary>
    Live = 0x02,

    /// <summary>Line to viewer: bytes of the guest as they come.</summary>
    Data = 0x03,

    /// <summary>Line to viewer: so many bytes (64 bit, big-endian) are left out here, because this viewer was too slow.</summary>
    Gap = 0x04,

    /// <summary>Line to viewer, at first and at each change: {"attached":true} or {"attached":false,"reason":"…"}.</summary>
    State = 0x05,

    /// <summary>Line to viewer, at first and at each change: {"you":false,"writer":"ada"}; writer is null while nobody writes.</summary>
    Writer = 0x06,

    /// <summary>Line to viewer: a sentence for the person, such as why what was typed went nowhere.</summary>
    Notice = 0x07,

    /// <summary>Viewer to line: bytes for the guest. Of a viewer that does not write they are refused by a notice; the first to type becomes the writer where there is none.</summary>
    Input = 0x41,

    /// <summary>Viewer to line, empty: send a break.</summary>
    Break = 0x42,

    /// <summary>Viewer to line, empty: become the writer; the one before is told.</summary>
    Take = 0x43,

    /// <summary>Viewer to line, empty: cease to be the writer.</summary>
    Release = 0x44,
}
