using System.Globalization;
using System.Text;

namespace Consoles.Broker.Nova.Proxies;

/// <summary>One connection's record, in the form that noVNC plays back: a script that sets VNC_frame_data.</summary>
/// <remarks>
/// Each line is a chunk of bytes in base64 after its time in milliseconds: {TIME{ before what the guest said, }TIME} before what the viewer did. What is typed is in it,
/// passwords too, so the file is its owner's alone.
/// </remarks>
internal sealed class SessionRecord : IDisposable
{
    private readonly Lock _gate = new();
    private readonly Action<Exception> _failed;
    private readonly TimeProvider _clock;
    private readonly long _begun;
    private StreamWriter? _writer;

    public SessionRecord(Stream file, TimeProvider clock, Action<Exception> failed)
    {
        _clock = clock;
        _failed = failed;
        _begun = clock.GetTimestamp();
        _writer = new StreamWriter(file, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false)) { NewLine = "\n" };
        Write("var VNC_frame_encoding = 'base64';\nvar VNC_frame_data = [\n");
    }

    public void OfGuest(ReadOnlySpan<byte> bytes) => Write('{', bytes);

    public void OfViewer(ReadOnlySpan<byte> bytes) => Write('}', bytes);

    private void Write(char mark, ReadOnlySpan<byte> bytes)
    {
        var time = ((long)_clock.GetElapsedTime(_begun).TotalMilliseconds).ToString(CultureInfo.InvariantCulture);
        Write($"'{mark}{time}{mark}{Convert.ToBase64String(bytes)}',\n");
    }

    private void Write(string text)
    {
        lock (_gate)
        {
            try
            {
                _writer?.Write(text);
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException or ObjectDisposedException)
            {
                Drop(error);
            }
        }
    }

    // A disk that is full: the session does not end for it, and whoever wants records is told by the log.
    private void Drop(Exception error)
    {
        _failed(error);
        var writer = _writer;
        _writer = null;

        try
        {
            writer?.Dispose();
        }
        catch (IOException)
        {
            // What it still held is lost, as was said.
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            try
            {
                _writer?.Write("'EOF'];\n");
                _writer?.Dispose();
                _writer = null;
            }
            catch (IOException error)
            {
                Drop(error);
            }
        }
    }
}
