using System.Text;
using Consoles.Broker.Sessions;

namespace Consoles.Broker.Viewers.Serial;

/// <summary>A person's terminal, which is told in words why its session ends.</summary>
internal sealed class SayingChannel(RawChannel inner, Reception reception) : WrappedChannel(inner)
{
    private readonly SemaphoreSlim _oneWriter = new(1);
    private readonly Lock _gate = new();
    private Task? _closing;

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        await _oneWriter.WaitAsync(cancellationToken);

        try
        {
            await Inner.WriteAsync(buffer, cancellationToken);
        }
        finally
        {
            _oneWriter.Release();
        }
    }

    public override Task CloseAsync(SessionEnding ending)
    {
        lock (_gate)
        {
            return _closing ??= SayAsync(ending);
        }
    }

    private async Task SayAsync(SessionEnding ending)
    {
        await Task.Yield();
        await reception.SayLastAsync(limit => WriteAsync(Encoding.UTF8.GetBytes($"\r\n[{ending.Reason}]\r\n"), limit).AsTask());
        await Inner.CloseAsync(ending);
    }
}
