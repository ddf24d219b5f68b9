namespace Consoles.Agent.Identity;

/// <summary>The identity in use: new connections are made with it.</summary>
internal sealed class CurrentIdentity(AgentIdentity identity)
{
    private readonly Lock _gate = new();
    private AgentIdentity _identity = identity;
    private TaskCompletionSource _replaced = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The identity, and what completes when another takes its place.</summary>
    public (AgentIdentity Identity, Task Replaced) Get()
    {
        lock (_gate)
        {
            return (_identity, _replaced.Task);
        }
    }

    // The one before is left to the collector: connections made with it may still be under way.
    public void Replace(AgentIdentity identity)
    {
        TaskCompletionSource replaced;

        lock (_gate)
        {
            _identity = identity;
            replaced = _replaced;
            _replaced = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        replaced.SetResult();
    }
}
