namespace Consoles.Common.Relaying;

/// <summary>A viewer's stream, filtered, which knows when the viewer last used the console.</summary>
internal class ViewerFilter(Stream viewer, MessageFilter messages, TimeProvider clock) : FilteringStream(viewer, messages)
{
    private long _lastInput = clock.GetTimestamp();

    /// <summary>When that was, allowed or not, as the clock's timestamp. At first: when the viewer came.</summary>
    public long LastInput => Volatile.Read(ref _lastInput);

    protected override void OnInput() => Volatile.Write(ref _lastInput, clock.GetTimestamp());
}
