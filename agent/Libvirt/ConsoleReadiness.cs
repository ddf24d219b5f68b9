namespace Consoles.Agent.Libvirt;

/// <summary>Carries the word that there is something to read from libvirt's event thread to whoever waits for it.</summary>
internal sealed class ConsoleReadiness
{
    private readonly Lock _gate = new();
    private TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _closed;

    /// <summary>The connection to libvirt is over.</summary>
    public bool IsClosed
    {
        get
        {
            lock (_gate)
            {
                return _closed;
            }
        }
    }

    /// <returns>A task that completes with the next word, or is complete when there will be none.</returns>
    public Task Next()
    {
        lock (_gate)
        {
            if (!_closed && _ready.Task.IsCompleted)
            {
                _ready = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            }

            return _ready.Task;
        }
    }

    public void Ready()
    {
        lock (_gate)
        {
            _ready.TrySetResult();
        }
    }

    public void Close()
    {
        lock (_gate)
        {
            _closed = true;
            _ready.TrySetResult();
        }
    }
}
