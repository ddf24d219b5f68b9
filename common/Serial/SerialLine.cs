using System.Buffers.Binary;
using System.Text;

namespace Consoles.Common.Serial;

/// <summary>One serial console for any number of viewers: one attachment, its latest output, one writer at a time.</summary>
/// <remarks>
/// The guest is read as fast as it speaks, whatever the viewers do: each of them holds no more than a position in the one ring, and
/// one that falls behind the ring is told how much it missed. A guest that does not read holds up the writer alone.
/// </remarks>
internal sealed class SerialLine : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly ScrollbackRing _ring;
    private readonly List<SerialView> _views = [];
    private readonly SerialAttaching _attaching;
    private readonly SerialTyping _typing;

    /// <param name="scrollback">How many bytes of the past are kept at most.</param>
    public SerialLine(SerialAttach attach, int scrollback, TimeProvider clock)
    {
        _ring = new ScrollbackRing(scrollback);
        _attaching = new SerialAttaching(attach, clock, Received, Changed);
        _typing = new SerialTyping(_gate, _attaching, clock, WakeAll);
    }

    public SerialState State => _attaching.State;

    public int Viewers
    {
        get
        {
            lock (_gate)
            {
                return _views.Count;
            }
        }
    }

    /// <summary>How much memory the past takes at the moment.</summary>
    public int Allocated
    {
        get
        {
            lock (_gate)
            {
                return _ring.Allocated;
            }
        }
    }

    /// <summary>The state after each attempt and each end of an attachment, for a log.</summary>
    public event EventHandler<SerialState>? StateChanged;

    /// <summary>Keeps the guest attached until the result is disposed of. Viewers do so themselves.</summary>
    public IDisposable Want() => _attaching.Want();

    /// <summary>Attaches where it is not attached and wanted, and says how that ended.</summary>
    /// <param name="force">Take the console from whoever holds it outside, where that is possible.</param>
    public Task<SerialState> AttachAsync(bool force, CancellationToken cancellationToken) => _attaching.NowAsync(force, cancellationToken);

    /// <summary>What made the last attempt fail may be over: the next one is made at once.</summary>
    public void Retry() => _attaching.Retry();

    /// <summary>Lets the guest go, and attaches anew where that is wanted.</summary>
    public void Reattach() => _attaching.Leave();

    /// <summary>Puts a sentence of ours between the guest's bytes, for viewers now and later.</summary>
    public void Say(string sentence) => Received(Encoding.UTF8.GetBytes($"\r\n[{sentence}]\r\n"));

    /// <summary>Changes how much of the past is kept at most.</summary>
    public void Resize(int scrollback)
    {
        lock (_gate)
        {
            _ring.Resize(scrollback);
        }
    }

    /// <summary>Forgets the past where nobody looks.</summary>
    public void Forget()
    {
        lock (_gate)
        {
            if (_views.Count == 0)
            {
                _ring.Clear();
            }
        }
    }

    /// <summary>The latest bytes of the past.</summary>
    public byte[] Past(int maxBytes)
    {
        lock (_gate)
        {
            var past = new byte[Math.Min(maxBytes, _ring.End - _ring.Start)];
            _ring.Read(_ring.End - past.Length, past);
            return past;
        }
    }

    /// <summary>Serves one viewer with frames (<see cref="SerialFrameType"/>) until it leaves, breaks the rules of the frames, or is to end. Does not throw for any of these.</summary>
    public async Task ServeAsync(Stream viewer, SerialViewer who, CancellationToken cancellationToken)
    {
        using var wanted = Want();
        var view = Join(who);

        try
        {
            await SerialServing.RunAsync(this, _typing, view, viewer, cancellationToken);
        }
        finally
        {
            Part(view);
        }
    }

    public ValueTask DisposeAsync() => _attaching.DisposeAsync();

    /// <summary>Writes the next frame for a viewer.</summary>
    /// <returns>Its length, or 0 when there is nothing to say.</returns>
    internal int NextFrame(SerialView view, Span<byte> frame)
    {
        lock (_gate)
        {
            if (NextNews(view) is { } news)
            {
                return Write(frame, news.Type, news.Payload);
            }

            if (!view.IsLive && view.Position >= view.LiveFrom)
            {
                view.IsLive = true;
                return Write(frame, SerialFrameType.Live, []);
            }

            if (view.Position < _ring.Start)
            {
                return SkipTo(view, frame);
            }

            var room = view.IsLive ? SerialFrame.MaxPayload : (int)Math.Min(SerialFrame.MaxPayload, view.LiveFrom - view.Position);
            var count = _ring.Read(view.Position, frame.Slice(SerialFrame.HeaderSize, room));
            view.Position += count;

            if (count == 0)
            {
                return 0;
            }

            SerialFrame.WriteHeader(frame, view.IsLive ? SerialFrameType.Data : SerialFrameType.Past, count);
            return SerialFrame.HeaderSize + count;
        }
    }

    private static int Write(Span<byte> frame, SerialFrameType type, ReadOnlySpan<byte> payload)
    {
        SerialFrame.WriteHeader(frame, type, payload.Length);
        payload.CopyTo(frame[SerialFrame.HeaderSize..]);
        return SerialFrame.HeaderSize + payload.Length;
    }

    private (SerialFrameType Type, byte[] Payload)? NextNews(SerialView view)
    {
        var state = State;

        if (view.ToldState != state)
        {
            view.ToldState = state;
            return (SerialFrameType.State, SerialText.State(state));
        }

        if (view.ToldWriter != _typing.Version)
        {
            view.ToldWriter = _typing.Version;
            return (SerialFrameType.Writer, SerialText.Writer(_typing.Writer?.Who, _typing.Writer == view));
        }

        return view.NextNotice() is { } sentence ? (SerialFrameType.Notice, SerialText.Notice(sentence)) : null;
    }

    // To the middle of what is left: from its very beginning a slow viewer would fall out again with the next byte.
    private int SkipTo(SerialView view, Span<byte> frame)
    {
        var target = _ring.Start + (_ring.End - _ring.Start) / 2;

        // What is missing of the past and what is missing of the live bytes are told apart.
        target = view.IsLive ? target : Math.Min(target, view.LiveFrom);

        Span<byte> missed = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(missed, target - view.Position);
        view.Position = target;
        return Write(frame, SerialFrameType.Gap, missed);
    }

    private SerialView Join(SerialViewer who)
    {
        lock (_gate)
        {
            var view = new SerialView(who) { Position = _ring.Start, LiveFrom = _ring.End };
            _views.Add(view);
            return view;
        }
    }

    private void Part(SerialView view)
    {
        lock (_gate)
        {
            _views.Remove(view);
        }

        _typing.Release(view);
    }

    private void Received(ReadOnlyMemory<byte> bytes)
    {
        lock (_gate)
        {
            _ring.Append(bytes.Span);
        }

        WakeAll();
    }

    private void Changed()
    {
        WakeAll();
        StateChanged?.Invoke(this, State);
    }

    private void WakeAll()
    {
        lock (_gate)
        {
            _views.ForEach(view => view.Wake());
        }
    }
}
