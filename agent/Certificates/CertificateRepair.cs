using Consoles.Agent.Identity;

namespace Consoles.Agent.Certificates;

/// <summary>Finishes or undoes what a crash left half made, in a directory that is locked. Before it, within it and after it QEMU loads the same set.</summary>
internal static class CertificateRepair
{
    /// <exception cref="CertificateException">Something stands there that is not the agent's.</exception>
    public static void Run(CertificateDirectory directory)
    {
        CertificateDirectory.RequireOwn(directory[CertificateNames.Versions]);

        foreach (var name in CertificateNames.Links.Append(CertificateNames.Current))
        {
            RemoveFresh(directory[CertificateNames.Fresh(name)]);
        }

        var current = directory.Current();

        if (current is not null)
        {
            CertificateAdoption.Finish(directory);
        }

        Prune(directory, current, current, version => CertificateVersion.Erase(directory, version));
    }

    /// <summary>Erases every version but one and the one before it. Later ones were never used, or were rolled back from.</summary>
    public static void Prune(CertificateDirectory directory, int? current, int? last, Action<int> erase)
    {
        var versions = directory.Versions();
        int[] kept = [current ?? -1, versions.LastOrDefault(version => version < last, -1)];

        foreach (var version in versions.Except(kept))
        {
            erase(version);
        }
    }

    private static void RemoveFresh(string path)
    {
        if (DurableFiles.Status(path) is not null)
        {
            File.Delete(path);
        }
    }
}
