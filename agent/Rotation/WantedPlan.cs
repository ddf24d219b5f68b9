namespace Consoles.Agent.Rotation;

/// <summary>What the broker said last that this node's certificates should be made to.</summary>
internal sealed class WantedPlan
{
    private volatile string? _current;

    /// <summary>Raised when it is another than before.</summary>
    public event Action? Changed;

    /// <summary>Null: the broker has said nothing yet, or issues none.</summary>
    public string? Current => _current;

    public void Became(string? plan)
    {
        if (plan is not null && !string.Equals(plan, _current, StringComparison.Ordinal))
        {
            _current = plan;
            Changed?.Invoke();
        }
    }
}
