using Consoles.Agent.Identity;

namespace Consoles.Agent.Certificates;

/// <summary>One change at a time in a directory, of whichever process: a lock on a file that root alone can open, so that no QEMU can hold it.</summary>
internal static class CertificateLock
{
    /// <exception cref="CertificateException">Another change did not end in time.</exception>
    public static async Task<IDisposable> TakeAsync(CertificateDirectory directory, TimeSpan limit, TimeProvider clock, CancellationToken cancellationToken) =>
        await FileLock.TakeAsync(FileOf(directory), limit, clock, cancellationToken)
        ?? throw new CertificateException($"Another installation in {directory.Location} did not end within {limit.TotalSeconds:0} s.");

    /// <returns>Null while another has it.</returns>
    public static IDisposable? TryTake(CertificateDirectory directory) => FileLock.TryTake(FileOf(directory));

    private static string FileOf(CertificateDirectory directory)
    {
        var path = directory[CertificateNames.Lock];

        return DurableFiles.Status(path) is { Kind: not FileKind.Regular }
            ? throw new CertificateException($"{path} is not a file, so it is not the agent's. Move it away.")
            : path;
    }
}
