using System.Reflection;
using System.Text;
using Consoles.Agent.Identity;

namespace Consoles.Agent.Certificates;

/// <summary>Writes and erases versions.</summary>
internal static class CertificateVersion
{
    private const string RevocationList = "ca-crl.pem";
    private const UnixFileMode SharedKey = DurableFiles.OwnerFile | UnixFileMode.GroupRead;
    private const UnixFileMode PublicFile = SharedKey | UnixFileMode.OtherRead;

    private static readonly Lazy<byte[]> OwnParameters = new(ReadParameters);

    /// <summary>ffdhe3072 of RFC 7919 as PKCS#3. Without it QEMU makes parameters at each start and reload, and the guest stands still meanwhile.</summary>
    public static byte[] Parameters => OwnParameters.Value;

    /// <summary>The files of a new set.</summary>
    public static IReadOnlyDictionary<string, byte[]> Files(CertificatePapers papers, string? plan)
    {
        var files = new Dictionary<string, byte[]>(StringComparer.Ordinal)
        {
            [CertificateNames.Certificate] = Encoding.UTF8.GetBytes(papers.Certificate),
            [CertificateNames.Key] = Encoding.UTF8.GetBytes(papers.Key),
            [CertificateNames.Authorities] = Encoding.UTF8.GetBytes(papers.Authorities),
            [CertificateNames.DiffieHellman] = Parameters,
        };

        if (plan is not null)
        {
            files[CertificateNames.Plan] = Encoding.UTF8.GetBytes(plan);
        }

        return files;
    }

    /// <summary>Writes a version whole and makes it last, or leaves nothing of it.</summary>
    public static void Write(CertificateDirectory directory, int version, IReadOnlyDictionary<string, byte[]> files, uint group)
    {
        var path = directory.Version(version);
        directory.PrepareVersions(group);
        DurableFiles.CreateDirectory(path);

        try
        {
            foreach (var (name, content) in files)
            {
                DurableFiles.Create(Path.Combine(path, name), content, name == CertificateNames.Key ? SharedKey : PublicFile, group);
            }

            // A person's list of revoked certificates counts for every version, and is tried with it.
            if (DurableFiles.Status(directory[RevocationList]) is not null)
            {
                File.CreateSymbolicLink(Path.Combine(path, RevocationList), $"../../{RevocationList}");
            }

            DurableFiles.ShareDirectory(path, CertificateDirectory.SharedDirectory, group);
            DurableFiles.SyncDirectory(directory[CertificateNames.Versions]);
        }
        catch
        {
            TryErase(directory, version);
            throw;
        }
    }

    /// <summary>Overwrites and removes a version's files. What is not a file of ours is not followed.</summary>
    public static void Erase(CertificateDirectory directory, int version)
    {
        var path = directory.Version(version);

        if (DurableFiles.Status(path) is not { Kind: FileKind.Directory })
        {
            File.Delete(path);
            return;
        }

        foreach (var file in Directory.EnumerateFileSystemEntries(path).ToList())
        {
            // Another name of the same file would lose its content as well.
            if (DurableFiles.Status(file) is { Kind: FileKind.Regular, Links: 1, Size: > 0 } status && Path.GetFileName(file) == CertificateNames.Key)
            {
                Overwrite(file, status.Size);
            }

            File.Delete(file);
        }

        Directory.Delete(path);
    }

    /// <summary>The same where there is another failure to tell of already, or nothing depends on it: the next repair comes back to it.</summary>
    /// <returns>Why it was not erased, or null.</returns>
    public static string? TryErase(CertificateDirectory directory, int version)
    {
        try
        {
            Erase(directory, version);
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return e.Message;
        }
    }

    private static void Overwrite(string file, long size)
    {
        using var stream = new FileStream(file, FileMode.Open, FileAccess.Write, FileShare.None, bufferSize: 0);

        try
        {
            stream.Write(new byte[Math.Min(size, CertificatePems.MaxBytes)]);
            DurableFiles.Sync(stream.SafeFileHandle, file);
        }
        catch (IOException)
        {
            // A disk that takes no write must not keep an old key from being removed.
        }
    }

    private static byte[] ReadParameters()
    {
        using var resource = Assembly.GetExecutingAssembly().GetManifestResourceStream(CertificateNames.DiffieHellman)!;
        using var content = new MemoryStream();
        resource.CopyTo(content);
        return content.ToArray();
    }
}
