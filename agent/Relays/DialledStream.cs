using Consoles.Common.Relaying;

namespace Consoles.Agent.Relays;

/// <summary>A stream, and the handler of its connection, which lives as long as the stream does.</summary>
internal sealed class DialledStream(Stream connection, IDisposable handler) : WrappedStream(connection)
{
    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);

        if (disposing)
        {
            handler.Dispose();
        }
    }
}
