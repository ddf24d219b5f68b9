using Consoles.Common.Serial;

namespace Consoles.Broker.Sessions.Serial;

/// <summary>A line over one connection, and over no second one: nothing but that connection says whose console it is, and the port may be another guest's by now.</summary>
internal sealed class DialledLine : IAsyncDisposable
{
    private readonly CancellationTokenSource _ended = new();
    private readonly Func<CancellationToken, Task<SerialAttachment>> _dial;
    private readonly IDisposable _wanted;
    private bool _dialled;

    public DialledLine(Func<CancellationToken, Task<SerialAttachment>> dial, int scrollback, TimeProvider clock)
    {
        _dial = dial;
        Line = new SerialLine(AttachAsync, scrollback, clock);
        Ended = _ended.Token;
        _wanted = Line.Want();
    }

    public SerialLine Line { get; }

    /// <summary>Cancelled when the console has ended, or could not be had.</summary>
    public CancellationToken Ended { get; }

    /// <summary>Why it could not be had.</summary>
    public SerialException? Refusal { get; private set; }

    /// <summary>Counted by whoever shares it.</summary>
    public int Viewers { get; set; }

    public async ValueTask DisposeAsync()
    {
        _wanted.Dispose();
        await Line.DisposeAsync();
        _ended.Dispose();
    }

    private async Task<SerialAttachment> AttachAsync(bool force, CancellationToken cancellationToken)
    {
        if (_dialled)
        {
            throw new SerialException("The console has ended.");
        }

        _dialled = true;

        try
        {
            return new OnlyAttachment(await _dial(cancellationToken), _ended);
        }
        catch (Exception fault)
        {
            Refusal = fault as SerialException;
            await _ended.CancelAsync();
            throw;
        }
    }

    private sealed class OnlyAttachment(SerialAttachment attachment, CancellationTokenSource ended) : SerialAttachment
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken) => attachment.ReadAsync(buffer, cancellationToken);

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken) => attachment.WriteAsync(bytes, cancellationToken);

        public override Task SendBreakAsync(CancellationToken cancellationToken) => attachment.SendBreakAsync(cancellationToken);

        public override async ValueTask DisposeAsync()
        {
            await attachment.DisposeAsync();
            await ended.CancelAsync();
        }
    }
}
