using System.Buffers;

namespace Consoles.Common.Relaying;

/// <summary>Moves bytes between a viewer and a guest, knowing nothing of what they mean.</summary>
public static class Relay
{
    /// <summary>
    /// What one direction holds at most. A little less than 64 KiB, so that whoever puts a header before the bytes
    /// (a WebSocket: up to 14) still finds room in a pooled 64 KiB buffer.
    /// </summary>
    public const int ChunkBytes = (64 * 1024) - 16;

    private const int PooledBytes = 64 * 1024;

    /// <summary>Runs until one side ends or <paramref name="stop"/> is cancelled, and then disposes both, which is what stops the other direction.</summary>
    /// <param name="lastWords">
    /// Told which side ended, after the guest's stream was disposed and before the viewer's is: a channel with a closing handshake closes here.
    /// It must make the viewer's pending read end.
    /// </param>
    public static async Task<RelayResult> RunAsync(Stream viewer, Stream guest, Func<RelayEnd, Exception?, Task>? lastWords, CancellationToken stop)
    {
        var toGuest = new Direction();
        var toViewer = new Direction();

        // Cancelling a read would abort a WebSocket, and the browser would see a failure and not a close: so no read gets the token.
        var stopped = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = stop.UnsafeRegister(static state => ((TaskCompletionSource)state!).TrySetResult(), stopped);

        var viewerEnd = toGuest.CopyAsync(viewer, guest);
        var guestEnd = toViewer.CopyAsync(guest, viewer);

        // No console protocol half-closes: when one direction has ended, the session has.
        var first = await Task.WhenAny(stopped.Task, viewerEnd, guestEnd);
        var copied = first == viewerEnd ? await viewerEnd : first == guestEnd ? await guestEnd : default;
        var end = first == stopped.Task ? RelayEnd.Stopped : first == viewerEnd == copied.BySource ? RelayEnd.Viewer : RelayEnd.Guest;

        await guest.DisposeAsync();

        try
        {
            if (lastWords is not null)
            {
                await lastWords(end, copied.Error);
            }
        }
        finally
        {
            await viewer.DisposeAsync();
            await Task.WhenAll(viewerEnd, guestEnd);
        }

        return new RelayResult(end, toGuest.Bytes, toViewer.Bytes, copied.Error);
    }

    /// <summary>How one direction ended.</summary>
    /// <param name="BySource">True: the end read from ended or failed. False: the end written to failed.</param>
    private readonly record struct CopyEnd(bool BySource, Exception? Error);

    private sealed class Direction
    {
        public long Bytes { get; private set; }

        // One method, long as it is: each call of an asynchronous one could cost an object, and these would be calls for every chunk.
        public async Task<CopyEnd> CopyAsync(Stream source, Stream sink)
        {
            // Peers that always have bytes at hand would otherwise keep the caller from starting the other direction.
            await Task.Yield();
            var writing = false;

            try
            {
                var ready = source.ReadAsync(Memory<byte>.Empty, CancellationToken.None);

                while (true)
                {
                    // Completes when something can be read, and reads nothing: an idle direction holds no buffer.
                    await ready;

                    // Not returned when something fails: a read may still be writing to it.
                    var buffer = ArrayPool<byte>.Shared.Rent(PooledBytes);
                    var begin = 0;
                    var reading = source.ReadAsync(buffer.AsMemory(0, ChunkBytes), CancellationToken.None);

                    while (true)
                    {
                        var read = await reading;

                        if (read == 0)
                        {
                            ArrayPool<byte>.Shared.Return(buffer);
                            return new CopyEnd(BySource: true, Error: null);
                        }

                        var end = begin + read;
                        var pending = false;
                        ready = source.ReadAsync(Memory<byte>.Empty, CancellationToken.None);

                        // What is at hand already goes out in the same write: peers that send many small pieces cost one write for all of them.
                        // A read that does not complete at once is left pending meanwhile, behind the bytes that are on their way.
                        while (end < ChunkBytes && ready.IsCompletedSuccessfully && !pending)
                        {
                            _ = await ready;
                            reading = source.ReadAsync(buffer.AsMemory(end, ChunkBytes - end), CancellationToken.None);
                            pending = !reading.IsCompletedSuccessfully;

                            if (!pending)
                            {
                                read = await reading;
                                end += read;

                                // The end is found again by the next read.
                                ready = source.ReadAsync(Memory<byte>.Empty, CancellationToken.None);

                                if (read == 0)
                                {
                                    break;
                                }
                            }
                        }

                        // Until this is through, nothing more is asked of the source: a slow reader slows only its own session.
                        writing = true;
                        await sink.WriteAsync(buffer.AsMemory(begin, end - begin), CancellationToken.None);
                        writing = false;
                        Bytes += end - begin;

                        if (!pending)
                        {
                            break;
                        }

                        begin = end;
                    }

                    ArrayPool<byte>.Shared.Return(buffer);
                }
            }
            catch (Exception error)
            {
                return new CopyEnd(BySource: !writing, error);
            }
        }
    }
}
