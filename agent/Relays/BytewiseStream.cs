using Consoles.Common.Relaying;

namespace Consoles.Agent.Relays;

/// <summary>Writes each byte by itself, which in TLS is a record of its own.</summary>
/// <remarks>
/// QEMU takes from a record as much as its guest's serial port has room for, and then waits for the socket to become readable. What is
/// left of the record is in its TLS library by then, and not in the socket: it would stay there until something else is typed.
/// </remarks>
internal sealed class BytewiseStream(Stream inner) : WrappedStream(inner)
{
    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        for (var i = 0; i < buffer.Length; i++)
        {
            await Inner.WriteAsync(buffer.Slice(i, 1), cancellationToken);
        }
    }
}
