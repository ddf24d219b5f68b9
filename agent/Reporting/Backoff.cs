namespace Consoles.Agent.Reporting;

/// <summary>How long to wait before the broker is dialled again.</summary>
internal static class Backoff
{
    private static readonly TimeSpan Shortest = TimeSpan.FromSeconds(0.2);

    // A broker that restarts has all of its agents back within 5 s, so none may sleep for longer than most of that.
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(3);

    /// <summary>Anything from 0.2 s to a limit that doubles up to 3 s, so that a fleet does not come back all at once.</summary>
    /// <param name="jitter">From 0 to 1.</param>
    public static TimeSpan After(int failures, double jitter)
    {
        var doubled = Shortest * Math.Pow(2, Math.Clamp(failures, 1, 16));
        var limit = doubled < Longest ? doubled : Longest;
        return Shortest + (limit - Shortest) * Math.Clamp(jitter, 0, 1);
    }
}
