namespace Consoles.Agent.Inventory;

/// <summary>How long to wait before libvirt is tried again: longer each time, and never the same on two nodes.</summary>
internal sealed class ReconnectDelay
{
    private static readonly TimeSpan First = TimeSpan.FromMilliseconds(100);

    // The agent promises to know its node within five seconds of libvirt's return; the rest is for reading.
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(4);

    private TimeSpan _next = First;

    public void Reset() => _next = First;

    /// <param name="random">From 0 to 1: where between half of the delay and all of it.</param>
    public TimeSpan Next(double random)
    {
        var delay = _next;
        _next = TimeSpan.FromTicks(Math.Min(delay.Ticks * 2, Longest.Ticks));
        return delay * (0.5 + random / 2);
    }
}
