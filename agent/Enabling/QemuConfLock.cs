using Consoles.Agent.Identity;
using Microsoft.Extensions.Options;

namespace Consoles.Agent.Enabling;

/// <summary>Lets one command at a time change qemu.conf and restart libvirt: another would take the first one's restart for a failure, or restart once more.</summary>
internal sealed class QemuConfLock(IOptions<IdentityOptions> options, TimeProvider clock)
{
    /// <summary>How long one command waits for another: several restarts of libvirt.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    private readonly string _path = Path.Combine(Path.GetFullPath(options.Value.StateDirectory), "qemu-conf.lock");

    /// <exception cref="EnablingException">Another command has had it for all of that time.</exception>
    /// <exception cref="IOException">The state directory takes no file.</exception>
    /// <exception cref="UnauthorizedAccessException">The same.</exception>
    public async Task<IDisposable> TakeAsync(TextWriter output, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(_path)!, DurableFiles.OwnerDirectory);

        if (FileLock.TryTake(_path) is { } held)
        {
            return held;
        }

        await output.WriteLineAsync($"Waiting for another consoles-agent qemu-conf (it has {_path}) ...");

        return await FileLock.TakeAsync(_path, Limit, clock, cancellationToken)
            ?? throw new EnablingException($"Another consoles-agent qemu-conf did not end within {Limit.TotalMinutes:0} minutes. Nothing was changed.");
    }
}
