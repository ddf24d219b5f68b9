using System.Collections.Concurrent;
using Consoles.Broker.Nodes;
using Consoles.Common.Inventory;
using Consoles.Common.Link;

namespace Consoles.Broker.Api;

/// <summary>Pictures of guests' screens, taken by their agents: one of each screen in two seconds, whoever and however many ask.</summary>
internal sealed class Screenshots(IAgentStreams streams, TimeProvider clock) : IDisposable
{
    /// <summary>For so long a picture is as good as a new one.</summary>
    public static readonly TimeSpan Fresh = TimeSpan.FromSeconds(2);

    /// <summary>Larger ones are refused.</summary>
    public const int MaxBytes = 16 * 1024 * 1024;

    /// <summary>What is kept for whoever asks next. Pictures beyond it go to those who asked for them already.</summary>
    public const long MaxKept = 32 * 1024 * 1024;

    /// <summary>How many are taken at once of one node, so that one that does not answer stands in nobody else's way.</summary>
    public const int MaxOfNode = 2;

    private const int MaxAtOnce = 32;

    // From when its turn has come.
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(15);

    // Until its turn comes.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly Lock _gate = new();
    private readonly Dictionary<(Incarnation Run, int Screen), Entry> _pictures = [];
    private readonly SemaphoreSlim _taking = new(MaxAtOnce, MaxAtOnce);

    // One for each node there was: they are enrolled, and few.
    private readonly ConcurrentDictionary<string, SemaphoreSlim> _takingOf = new(StringComparer.Ordinal);
    private long _kept;

    /// <summary>How many bytes are kept.</summary>
    public long Kept => Interlocked.Read(ref _kept);

    /// <exception cref="AgentStreamException">The agent has none; the message says why.</exception>
    public async Task<Screenshot> GetAsync(string node, Incarnation run, int screen, CancellationToken cancellationToken)
    {
        while (true)
        {
            var entry = Enter(node, run, screen, out var picture);

            if (picture is not null)
            {
                return await picture.WaitAsync(cancellationToken);
            }

            await entry.Over.WaitAsync(cancellationToken);
        }
    }

    public void Dispose()
    {
        _taking.Dispose();

        foreach (var taking in _takingOf.Values)
        {
            taking.Dispose();
        }
    }

    private Entry Enter(string node, Incarnation run, int screen, out Task<Screenshot>? picture)
    {
        lock (_gate)
        {
            if (_pictures.TryGetValue((run, screen), out var entry))
            {
                picture = entry.Picture;
                return entry;
            }

            // Begun for all who ask meanwhile: none of them can stop it for the others.
            picture = Task.Run(() => TakeAsync(node, run, screen), CancellationToken.None);
            entry = new Entry { Picture = picture };
            _pictures.Add((run, screen), entry);
            entry.Over = ForgetAsync((run, screen), entry, picture);
            return entry;
        }
    }

    private async Task<Screenshot> TakeAsync(string node, Incarnation run, int screen)
    {
        var ofNode = _takingOf.GetOrAdd(node, static _ => new SemaphoreSlim(MaxOfNode, MaxOfNode));
        using var patience = new CancellationTokenSource(Patience, clock);

        try
        {
            // Those that wait for their node take nobody's place in the fleet.
            await ofNode.WaitAsync(patience.Token);

            try
            {
                await _taking.WaitAsync(patience.Token);

                try
                {
                    return await TakeNowAsync(node, run, screen);
                }
                finally
                {
                    _taking.Release();
                }
            }
            finally
            {
                ofNode.Release();
            }
        }
        catch (OperationCanceledException) when (patience.IsCancellationRequested)
        {
            throw new AgentStreamException(StreamFault.TooMany, $"Too many pictures are asked of node {node}; this one's turn did not come within {Patience.TotalSeconds:0} s.");
        }
    }

    private async Task<Screenshot> TakeNowAsync(string node, Incarnation run, int screen)
    {
        using var limit = new CancellationTokenSource(Limit, clock);

        try
        {
            await using var stream = await streams.OpenAsync(node, run, new ScreenshotSource(screen), limit.Token);
            return await ReadAsync(stream, limit.Token);
        }
        catch (OperationCanceledException)
        {
            throw new AgentStreamException(StreamFault.Failed, $"There was no picture within {Limit.TotalSeconds:0} s.");
        }
        catch (IOException e)
        {
            throw new AgentStreamException(StreamFault.Failed, $"The picture broke off: {e.Message}");
        }
    }

    // A failure is shared for as long as a picture is: whatever is wrong is not asked about a hundred times a second.
    private async Task ForgetAsync((Incarnation, int) key, Entry entry, Task picture)
    {
        await picture.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        picture = Task.CompletedTask;
        var kept = Keep(entry);
        await Task.Delay(Fresh, clock);

        lock (_gate)
        {
            _pictures.Remove(key);
        }

        Interlocked.Add(ref _kept, -kept);
    }

    // How many bytes are kept of it. Where there is no room for it, whoever asks next waits until it may be taken anew.
    private int Keep(Entry entry)
    {
        lock (_gate)
        {
            var size = entry.Picture is { IsCompletedSuccessfully: true } taken ? taken.Result.Content.Length : 0;

            if (_kept + size > MaxKept)
            {
                entry.Picture = null;
                return 0;
            }

            Interlocked.Add(ref _kept, size);
            return size;
        }
    }

    private static async Task<Screenshot> ReadAsync(Stream stream, CancellationToken cancellationToken)
    {
        using var content = new MemoryStream();
        var chunk = new byte[64 * 1024];

        while (await stream.ReadAsync(chunk, cancellationToken) is > 0 and var read)
        {
            if (content.Length + read > MaxBytes)
            {
                throw new AgentStreamException(StreamFault.Failed, $"The picture takes more than {MaxBytes} bytes.");
            }

            content.Write(chunk, 0, read);
        }

        return Screenshot.Judge(content.ToArray()) ?? throw new AgentStreamException(StreamFault.Failed, "What the agent sent is no whole picture.");
    }

    private sealed class Entry
    {
        /// <summary>Null when it was taken, and there was no room to keep it.</summary>
        public Task<Screenshot>? Picture { get; set; }

        /// <summary>Ends when another one may be taken.</summary>
        public Task Over { get; set; } = Task.CompletedTask;
    }
}

/// <summary>What a screen showed at one moment.</summary>
internal sealed record Screenshot(ReadOnlyMemory<byte> Content, string ContentType)
{
    // PNG (third edition), sections 5.2 and 11.2.5: how a file begins, and the chunk that ends it.
    private static ReadOnlySpan<byte> PngStart => [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0d, 0x0a, 0x1a, 0x0a];

    private static ReadOnlySpan<byte> PngEnd => [0, 0, 0, 0, (byte)'I', (byte)'E', (byte)'N', (byte)'D', 0xae, 0x42, 0x60, 0x82];

    private static ReadOnlySpan<byte> PpmStart => "P6\n"u8;

    /// <summary>The picture, or null when the bytes are none. What they are is read from them: an agent's word would be shown to a browser.</summary>
    public static Screenshot? Judge(byte[] content) => content.AsSpan() switch
    {
        var bytes when bytes.StartsWith(PngStart) && bytes.EndsWith(PngEnd) => new Screenshot(content, "image/png"),
        var bytes when bytes.StartsWith(PpmStart) => new Screenshot(content, "image/x-portable-pixmap"),
        _ => null,
    };
}
