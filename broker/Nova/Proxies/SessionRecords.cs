using System.Globalization;
using Consoles.Broker.Sessions;
using Microsoft.Extensions.Options;

namespace Consoles.Broker.Nova.Proxies;

/// <summary>Records what sessions carry, where that is asked for: in FILE.1, FILE.2, and so on, one for each connection of a viewer.</summary>
internal sealed class SessionRecords(IOptions<NovaOptions> options, ILogger<SessionRecords> logger)
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private int _last;

    /// <summary>The channel, with what goes through it recorded. A record that cannot be written is logged, and the session goes on.</summary>
    public ViewerChannel Begin(string session, ViewerChannel channel, TimeProvider clock)
    {
        if (string.IsNullOrEmpty(options.Value.Record))
        {
            return channel;
        }

        try
        {
            var file = Create(options.Value.Record);
            logger.Recorded(session, file.Name);
            return new RecordedChannel(channel, new SessionRecord(file, clock, error => logger.RecordFailed(session, error.Message)));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            logger.RecordFailed(session, error.Message);
            return channel;
        }
    }

    // A record of an earlier run is passed over and not written over; and no link is followed.
    private FileStream Create(string path)
    {
        while (true)
        {
            var file = $"{path}.{Interlocked.Increment(ref _last).ToString(CultureInfo.InvariantCulture)}";

            try
            {
                return new FileStream(file, new FileStreamOptions
                {
                    Mode = FileMode.CreateNew,
                    Access = FileAccess.Write,
                    Share = FileShare.Read,
                    UnixCreateMode = OwnerOnly,
                });
            }
            catch (IOException) when (Path.Exists(file))
            {
                // The next number.
            }
        }
    }
}
