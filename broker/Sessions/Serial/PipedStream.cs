using System.Buffers;
using System.IO.Pipelines;
using Consoles.Common.Relaying;

namespace Consoles.Broker.Sessions.Serial;

/// <summary>One end of a duplex stream within this process. Each direction holds 64 KiB at most, and then its writer waits.</summary>
/// <remarks>Disposing an end ends the other's reads, and its own pending one.</remarks>
internal sealed class PipedStream : DuplexStream
{
    private readonly PipeReader _reader;
    private readonly PipeWriter _writer;
    private volatile bool _disposed;

    private PipedStream(PipeReader reader, PipeWriter writer) => (_reader, _writer) = (reader, writer);

    public static (Stream One, Stream Other) Pair()
    {
        var options = new PipeOptions(pauseWriterThreshold: 64 * 1024, resumeWriterThreshold: 32 * 1024, useSynchronizationContext: false);
        var (there, back) = (new Pipe(options), new Pipe(options));
        return (new PipedStream(back.Reader, there.Writer), new PipedStream(there.Reader, back.Writer));
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_disposed)
        {
            return 0;
        }

        var read = await _reader.ReadAsync(cancellationToken);
        var taken = read.Buffer.Slice(0, Math.Min(read.Buffer.Length, buffer.Length));
        taken.CopyTo(buffer.Span);
        _reader.AdvanceTo(taken.End);
        return (int)taken.Length;
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        await _writer.WriteAsync(buffer, cancellationToken);
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    protected override void Dispose(bool disposing)
    {
        if (disposing && !_disposed)
        {
            _disposed = true;
            _writer.Complete();
            _writer.CancelPendingFlush();
            _reader.CancelPendingRead();
        }

        base.Dispose(disposing);
    }
}
