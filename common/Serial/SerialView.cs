using System.Threading.Channels;

namespace Consoles.Common.Serial;

/// <summary>One viewer's place on a serial line: how far it has read, and what it has been told.</summary>
internal sealed class SerialView(SerialViewer who)
{
    // Sentences that a viewer who does not read would otherwise pile up.
    private const int MaxNotices = 8;

    // One place: a signal that is already waiting says all that a second would.
    private readonly Channel<bool> _news = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly Queue<string> _notices = new();

    public SerialViewer Who => who;

    /// <summary>The position of the next byte to send.</summary>
    public long Position { get; set; }

    /// <summary>Where the past ends for this viewer.</summary>
    public long LiveFrom { get; set; }

    public bool IsLive { get; set; }

    public SerialState? ToldState { get; set; }

    public int ToldWriter { get; set; } = -1;

    /// <summary>The last refusal and its time, so that a held key is not answered by a sentence each.</summary>
    public (string Words, long At)? Refused { get; set; }

    public void Wake() => _news.Writer.TryWrite(true);

    public ValueTask<bool> NewsAsync(CancellationToken cancellationToken) => _news.Reader.ReadAsync(cancellationToken);

    public void Notify(string sentence)
    {
        lock (_notices)
        {
            if (_notices.Count == MaxNotices)
            {
                _notices.Dequeue();
            }

            _notices.Enqueue(sentence);
        }

        Wake();
    }

    public string? NextNotice()
    {
        lock (_notices)
        {
            return _notices.TryDequeue(out var sentence) ? sentence : null;
        }
    }
}
