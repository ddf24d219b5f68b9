using System.Globalization;
using Consoles.Agent.Identity;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Consoles.Agent.Reporting;

/// <summary>Gives each agent process of a node a higher number than every one before it, even when the clock was set back.</summary>
internal sealed class EpochFile(IOptions<IdentityOptions> options, TimeProvider clock, ILogger<EpochFile> logger)
{
    // Far beyond any clock and far below overflow: a damaged file must not bring an epoch that no later agent can top.
    private static readonly long Highest = new DateTimeOffset(2200, 1, 1, 0, 0, 0, TimeSpan.Zero).ToUnixTimeMilliseconds();

    private readonly string _path = Path.Combine(Path.GetFullPath(options.Value.StateDirectory), "epoch");

    public long Next()
    {
        var epoch = Math.Max(clock.GetUtcNow().ToUnixTimeMilliseconds(), Last() + 1);

        try
        {
            DurableFiles.Replace(_path, epoch.ToString(CultureInfo.InvariantCulture));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A full disk must not keep the node's consoles from anyone. The clock alone is right unless it is set back.
            logger.EpochNotStored(_path, e.Message);
        }

        return epoch;
    }

    private long Last()
    {
        try
        {
            return long.TryParse(File.ReadAllText(_path), NumberStyles.None, CultureInfo.InvariantCulture, out var last) && last < Highest ? last : 0;
        }
        catch (FileNotFoundException)
        {
            return 0;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            logger.EpochNotRead(_path, e.Message);
            return 0;
        }
    }
}
