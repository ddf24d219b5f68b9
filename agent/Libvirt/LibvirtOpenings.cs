using System.Threading.Channels;
using Consoles.Common.Inventory;

namespace Consoles.Agent.Libvirt;

/// <summary>How many consoles are being opened by libvirt at a time: each once, and so many in all.</summary>
/// <remarks>
/// An opening takes a thread for as long as libvirt does not answer, and nothing can call it back. Whoever gives up waiting for it
/// tries again, so while libvirtd hangs there would be ever more of them.
/// </remarks>
internal sealed class LibvirtOpenings
{
    /// <summary>More would only queue inside libvirtd.</summary>
    public const int Count = 8;

    private readonly Lock _gate = new();
    private readonly Dictionary<(DomainId Domain, string Device), Task> _running = [];
    // One item for each place that is taken.
    private readonly Channel<bool> _places = Channel.CreateBounded<bool>(Count);

    /// <summary>Waits for an earlier opening of that console, and for a place; both are held until the call returns, however long anybody waits for it.</summary>
    public async Task<LibvirtConsole> RunAsync((DomainId Domain, string Device) which, Func<LibvirtConsole> open, CancellationToken cancellationToken)
    {
        var ended = await EnterAsync(which, cancellationToken);
        Task<LibvirtConsole> opening;

        try
        {
            opening = await StartAsync(open, cancellationToken);
        }
        catch
        {
            Leave(which, ended);
            throw;
        }

        try
        {
            var console = await opening.WaitAsync(cancellationToken);
            Leave(which, ended);
            return console;
        }
        catch
        {
            _ = LetGoAsync(which, opening, ended);
            throw;
        }
    }

    private async Task<TaskCompletionSource> EnterAsync((DomainId Domain, string Device) which, CancellationToken cancellationToken)
    {
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

        while (true)
        {
            Task? earlier;

            lock (_gate)
            {
                if (!_running.TryGetValue(which, out earlier))
                {
                    _running.Add(which, ended.Task);
                    return ended;
                }
            }

            await earlier.WaitAsync(cancellationToken);
        }
    }

    private async Task<Task<LibvirtConsole>> StartAsync(Func<LibvirtConsole> open, CancellationToken cancellationToken)
    {
        await _places.Writer.WriteAsync(true, cancellationToken);

        try
        {
            return LibvirtThreads.RunAloneAsync("libvirt-console", () =>
            {
                try
                {
                    return open();
                }
                finally
                {
                    _places.Reader.TryRead(out _);
                }
            });
        }
        catch (Exception noThread) when (noThread is OutOfMemoryException or ThreadStartException)
        {
            _places.Reader.TryRead(out _);
            throw new LibvirtException($"open console: no thread can be started: {noThread.Message}", inner: noThread);
        }
    }

    // A console that nobody waits for any more is closed before it is opened anew, or it would be found to be held.
    private async Task LetGoAsync((DomainId Domain, string Device) which, Task<LibvirtConsole> opening, TaskCompletionSource ended)
    {
        var closing = opening.ContinueWith(
            late => late.IsCompletedSuccessfully ? late.Result.DisposeAsync().AsTask() : Task.FromResult(late.Exception),
            CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default).Unwrap();

        await Task.WhenAny(closing);
        _ = closing.Exception;
        Leave(which, ended);
    }

    private void Leave((DomainId Domain, string Device) which, TaskCompletionSource ended)
    {
        lock (_gate)
        {
            _running.Remove(which);
        }

        ended.SetResult();
    }
}
