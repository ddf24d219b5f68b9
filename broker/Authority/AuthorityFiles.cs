using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Consoles.Broker.Hosting;

namespace Consoles.Broker.Authority;

/// <summary>The authority's keys on disk: one file each with key and certificate, for the broker alone, and the certificates of roots again for people to hand on.</summary>
internal sealed class AuthorityFiles
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode ForAll = OwnerOnly | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
    private const UnixFileMode Directory0700 = OwnerOnly | UnixFileMode.UserExecute;
    private const UnixFileMode Others = (UnixFileMode)0b111_111;

    private readonly string _directory;

    /// <exception cref="StartException">Others than the owner have rights to the directory.</exception>
    public AuthorityFiles(string directory)
    {
        _directory = directory;

        if (!Directory.Exists(directory))
        {
            Directory.CreateDirectory(directory, Directory0700);
            Posix.GiveToOwnerOf(Path.GetDirectoryName(Path.GetFullPath(directory))!, directory);
        }

        RefuseOthers(directory);
    }

    /// <summary>The root of that name, made by <paramref name="make"/> when there is none. Processes that start at once agree on one.</summary>
    /// <exception cref="StartException">The file is readable by others, or is no root.</exception>
    public X509Certificate2 ReadOrMake(string name, Func<X509Certificate2> make, out bool made)
    {
        var path = Path.Combine(_directory, name + ".pem");
        made = false;

        if (!File.Exists(path))
        {
            using var root = make();
            made = Write(path, root);
        }

        var kept = ReadFrom(path);
        Publish(Path.Combine(_directory, name + ".crt"), kept);
        return kept;
    }

    /// <summary>Keeps an authority and its key.</summary>
    /// <returns>The name by which <see cref="Read(string)"/> finds it.</returns>
    /// <exception cref="IOException">It cannot be written.</exception>
    public string Keep(X509Certificate2 authority)
    {
        var name = $"issuing-{Guid.NewGuid():N}.pem";
        Write(Path.Combine(_directory, name), authority);
        return name;
    }

    /// <exception cref="StartException">There is no such file, it is readable by others, or holds no authority.</exception>
    public X509Certificate2 Read(string name) => ReadFrom(Path.Combine(_directory, name));

    // The whole file appears at once and never replaces another.
    private bool Write(string path, X509Certificate2 authority)
    {
        using var key = authority.GetECDsaPrivateKey()!;
        var temporary = $"{path}.{Guid.NewGuid():N}";

        WriteNew(temporary, OwnerOnly, $"{key.ExportPkcs8PrivateKeyPem()}\n{authority.ExportCertificatePem()}\n");

        if (!Posix.Place(temporary, path))
        {
            return false;
        }

        Posix.SyncDirectory(_directory);
        return true;
    }

    private void WriteNew(string path, UnixFileMode mode, string text)
    {
        using var file = new FileStream(path, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = mode });
        Posix.GiveToOwnerOf(_directory, file);
        using var writer = new StreamWriter(file);
        writer.Write(text);
        writer.Flush();
        file.Flush();
        Posix.Sync(file);
    }

    private static X509Certificate2 ReadFrom(string path)
    {
        try
        {
            RefuseOthers(path);
            var pem = File.ReadAllText(path);
            var root = X509Certificate2.CreateFromPem(pem, pem);

            return root.Extensions.OfType<X509BasicConstraintsExtension>().Any(constraints => constraints.CertificateAuthority)
                ? root
                : throw new StartException($"{path} holds a certificate that is no authority's.");
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException or FileNotFoundException)
        {
            throw new StartException($"{path} cannot be read as a key and its certificate: {e.Message}", e);
        }
    }

    private void Publish(string path, X509Certificate2 root)
    {
        var pem = root.ExportCertificatePem() + "\n";

        if (!File.Exists(path) || File.ReadAllText(path) != pem)
        {
            var temporary = $"{path}.{Guid.NewGuid():N}";
            WriteNew(temporary, ForAll, pem);
            File.Move(temporary, path, overwrite: true);
        }
    }

    private static void RefuseOthers(string path)
    {
        if ((File.GetUnixFileMode(path) & Others) != UnixFileMode.None)
        {
            throw new StartException($"{path} may be read by others than its owner. If nobody has read it, take that right away (chmod go-rwx); if somebody has, move it away and enrol all nodes anew.");
        }
    }
}
