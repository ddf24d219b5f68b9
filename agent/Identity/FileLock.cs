namespace Consoles.Agent.Identity;

/// <summary>Lets one process at a time do something: flock(2) on a file, which .NET takes when it opens one that it shares with nobody.</summary>
internal static class FileLock
{
    // EAGAIN: another has it.
    private const int Held = 11;

    private static readonly TimeSpan Retry = TimeSpan.FromMilliseconds(50);

    /// <returns>Null while another has it.</returns>
    /// <exception cref="IOException">The file cannot be made or opened.</exception>
    public static IDisposable? TryTake(string path)
    {
        try
        {
            return new FileStream(path, new FileStreamOptions
            {
                Mode = FileMode.OpenOrCreate,
                Access = FileAccess.ReadWrite,
                Share = FileShare.None,
                UnixCreateMode = DurableFiles.OwnerFile,
            });
        }
        catch (IOException e) when (e.HResult == Held)
        {
            return null;
        }
    }

    /// <returns>Null: another has had it for all of that time.</returns>
    /// <exception cref="IOException">The file cannot be made or opened.</exception>
    public static async Task<IDisposable?> TakeAsync(string path, TimeSpan within, TimeProvider clock, CancellationToken cancellationToken)
    {
        var began = clock.GetTimestamp();

        while (true)
        {
            if (TryTake(path) is { } held)
            {
                return held;
            }

            if (clock.GetElapsedTime(began) > within)
            {
                return null;
            }

            await Task.Delay(Retry, clock, cancellationToken);
        }
    }
}
