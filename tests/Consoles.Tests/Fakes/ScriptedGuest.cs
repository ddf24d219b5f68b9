using System.IO.Pipelines;
using System.Text;
using Consoles.Common.Serial;

namespace Consoles.Tests.Fakes;

/// <summary>A guest's serial console as a test wants it, attached any number of times, one after the other.</summary>
internal sealed class ScriptedGuest
{
    private Pipe? _says;

    public List<bool> Attempts { get; } = [];

    public MemoryStream Heard { get; } = new();

    public int Breaks { get; private set; }

    /// <summary>What the next attempts fail with, or null to let them in.</summary>
    public Exception? Refuses { get; set; }

    /// <summary>Null: it takes all that is typed at once.</summary>
    public TaskCompletionSource? Deaf { get; set; }

    /// <summary>Something that was typed has reached it and is not taken.</summary>
    public bool IsHeldUp { get; private set; }

    public bool IsAttached => _says is not null;

    public Task<SerialAttachment> AttachAsync(bool force, CancellationToken cancellationToken)
    {
        lock (Attempts)
        {
            Attempts.Add(force);
        }

        if (Refuses is { } refusal && !(refusal is SerialException { IsHeld: true } && force))
        {
            throw refusal;
        }

        // Like a real one, it is held up while the other side does not read.
        _says = new Pipe(new PipeOptions(pauseWriterThreshold: 64 * 1024, resumeWriterThreshold: 32 * 1024));
        return Task.FromResult<SerialAttachment>(new Attachment(this, _says.Reader));
    }

    public async Task SayAsync(byte[] bytes) => await _says!.Writer.WriteAsync(bytes);

    public Task SayAsync(string text) => SayAsync(Encoding.UTF8.GetBytes(text));

    public async Task CloseAsync(Exception? fault = null)
    {
        var says = _says!;
        _says = null;
        await says.Writer.CompleteAsync(fault);
    }

    public string HeardText()
    {
        lock (Heard)
        {
            return Encoding.UTF8.GetString(Heard.ToArray());
        }
    }

    private sealed class Attachment(ScriptedGuest guest, PipeReader says) : SerialAttachment
    {
        private readonly Stream _stream = says.AsStream();

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken) => _stream.ReadAsync(buffer, cancellationToken);

        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
        {
            if (guest.Deaf is { } deaf)
            {
                guest.IsHeldUp = true;
                await deaf.Task.WaitAsync(cancellationToken);
            }

            lock (guest.Heard)
            {
                guest.Heard.Write(bytes.Span);
            }
        }

        public override Task SendBreakAsync(CancellationToken cancellationToken)
        {
            guest.Breaks++;
            return Task.CompletedTask;
        }

        public override ValueTask DisposeAsync()
        {
            guest._says = guest._says?.Reader == says ? null : guest._says;
            return says.CompleteAsync();
        }
    }
}
