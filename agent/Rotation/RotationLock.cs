using Consoles.Agent.Identity;
using Microsoft.Extensions.Options;

namespace Consoles.Agent.Rotation;

/// <summary>Lets one process at a time look at guests and replace their certificates: the agent, or a command beside it.</summary>
internal sealed class RotationLock(IOptions<IdentityOptions> options, TimeProvider clock)
{
    private readonly string _path = Path.Combine(Path.GetFullPath(options.Value.StateDirectory), "rotation.lock");

    /// <returns>Null: another process has had it for all of that time.</returns>
    /// <exception cref="IOException">The state directory takes no file.</exception>
    public Task<IDisposable?> TryTakeAsync(TimeSpan within, CancellationToken cancellationToken) => FileLock.TakeAsync(_path, within, clock, cancellationToken);
}
