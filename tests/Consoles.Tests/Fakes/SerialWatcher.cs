using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using Consoles.Common.Serial;

namespace Consoles.Tests.Fakes;

/// <summary>A viewer of a serial line: keeps all that it is told, and types.</summary>
internal sealed class SerialWatcher : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly MemoryStream _past = new();
    private readonly MemoryStream _data = new();
    private readonly Stream _stream;
    private readonly Task _reading;

    private SerialWatcher(Stream stream, Func<SerialFrameType, Task>? pace)
    {
        _stream = stream;
        _reading = Task.Run(() => ReadAsync(pace));
    }

    /// <summary>Completes when the line ends the stream.</summary>
    public Task Ended => _reading;

    public Task Serving { get; private set; } = Task.CompletedTask;

    public List<string> States { get; } = [];

    public List<string> Writers { get; } = [];

    public List<string> Notices { get; } = [];

    /// <summary>The types in the order in which they came, each run of one type once.</summary>
    public List<SerialFrameType> Order { get; } = [];

    public long Missed { get; private set; }

    public bool IsAttached => Last(States, "attached").GetBoolean();

    public bool IsWriter => Last(Writers, "you").GetBoolean();

    /// <summary>Who writes, as it was last told; before that, nothing.</summary>
    public string LastWriter => Locked(() => Writers.LastOrDefault() ?? "");

    public byte[] Past => Locked(_past.ToArray);

    public byte[] Data => Locked(_data.ToArray);

    public long Received => Locked(() => _data.Length);

    public string Text => Locked(() => Encoding.UTF8.GetString(_past.ToArray()) + Encoding.UTF8.GetString(_data.ToArray()));

    /// <summary>Watches a line at the other end of a stream.</summary>
    public static SerialWatcher Of(Stream stream) => new(stream, pace: null);

    /// <param name="serve">Serves the far end, as <see cref="SerialLine.ServeAsync"/>.</param>
    /// <param name="pace">Awaited before each frame is taken, for a slow viewer.</param>
    public static async Task<SerialWatcher> StartAsync(Func<Stream, Task> serve, Func<SerialFrameType, Task>? pace = null)
    {
        var (near, far) = await Loopback.PairAsync();
        return new SerialWatcher(near, pace) { Serving = ServeAsync() };

        async Task ServeAsync()
        {
            await serve(far);
            await far.DisposeAsync();
        }
    }

    public static Task<SerialWatcher> StartAsync(SerialLine line, string name, bool mayWrite = true, CancellationToken until = default) =>
        StartAsync(stream => line.ServeAsync(stream, new SerialViewer(name, mayWrite), until));

    public async Task SendAsync(SerialFrameType type, byte[] payload) => await _stream.WriteAsync(SerialFrame.Encode(type, payload));

    public Task TypeAsync(string text) => SendAsync(SerialFrameType.Input, Encoding.UTF8.GetBytes(text));

    public Task TakeAsync() => SendAsync(SerialFrameType.Take, []);

    public Task SeesAsync(string text, TimeSpan? within = null) =>
        Eventually.TrueAsync(() => Text.Contains(text, StringComparison.Ordinal), within, () => $"'{text}' in: {Text[Math.Max(0, Text.Length - 2000)..]} {string.Join(';', States)} {string.Join(';', Notices)}");

    public Task IsToldAsync(string words) => Eventually.TrueAsync(
        () => Locked(() => Notices.Concat(States).Concat(Writers).Any(told => told.Contains(words, StringComparison.Ordinal))),
        because: () => $"'{words}' in: {Locked(() => string.Join('\n', Notices.Concat(States).Concat(Writers)))}");

    public Task AttachedAsync(bool attached = true, TimeSpan? within = null) =>
        Eventually.TrueAsync(() => Locked(() => States.Count > 0 && IsAttached == attached), within, () => Locked(() => string.Join('\n', States)));

    public async ValueTask DisposeAsync()
    {
        await _stream.DisposeAsync();
        await _reading;
        await Serving;
    }

    private static JsonElement Last(List<string> told, string member)
    {
        using var json = JsonDocument.Parse(told[^1]);
        return json.RootElement.GetProperty(member).Clone();
    }

    private T Locked<T>(Func<T> read)
    {
        lock (_gate)
        {
            return read();
        }
    }

    private async Task ReadAsync(Func<SerialFrameType, Task>? pace)
    {
        var frames = new SerialFrameReader(_stream);

        try
        {
            while (await frames.ReadAsync(CancellationToken.None) is { } frame)
            {
                Take(frame);
                await (pace?.Invoke(frame.Type) ?? Task.CompletedTask);
            }
        }
        catch (Exception end) when (end is IOException or ObjectDisposedException)
        {
            return;
        }
    }

    private void Take(SerialFrame frame)
    {
        lock (_gate)
        {
            if (Order.Count == 0 || Order[^1] != frame.Type)
            {
                Order.Add(frame.Type);
            }

            switch (frame.Type)
            {
                case SerialFrameType.Past:
                    _past.Write(frame.Payload.Span);
                    break;
                case SerialFrameType.Data:
                    _data.Write(frame.Payload.Span);
                    break;
                case SerialFrameType.Gap:
                    Missed += BinaryPrimitives.ReadInt64BigEndian(frame.Payload.Span);
                    break;
                case SerialFrameType.State:
                    States.Add(Encoding.UTF8.GetString(frame.Payload.Span));
                    break;
                case SerialFrameType.Writer:
                    Writers.Add(Encoding.UTF8.GetString(frame.Payload.Span));
                    break;
                case SerialFrameType.Notice:
                    Notices.Add(Encoding.UTF8.GetString(frame.Payload.Span));
                    break;
            }
        }
    }
}
