using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Consoles.Broker.Hosting;

namespace Consoles.Broker.Authority;

/// <summary>The authority's roots on disk: one file each with key and certificate, for the broker alone, and the certificate again for people to hand on.</summary>
internal sealed class AuthorityFiles
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode Directory0700 = OwnerOnly | UnixFileMode.UserExecute;
    private const UnixFileMode Others = (UnixFileMode)0b111_111;

    private readonly string _directory;

    /// <exception cref="StartException">Others than the owner have rights to the directory.</exception>
    public AuthorityFiles(string directory)
    {
        _directory = directory;
        Directory.CreateDirectory(directory, Directory0700);
        RefuseOthers(directory);
    }

    /// <summary>The root of that name, made by <paramref name="make"/> when there is none. Processes that start at once agree on one.</summary>
    /// <exception cref="StartException">The file is readable by others, or is no root.</exception>
    public X509Certificate2 ReadOrMake(string name, Func<X509Certificate2> make, out bool made)
    {
        var path = Path.Combine(_directory, name + ".pem");
        made = !File.Exists(path) && Write(path, make);

        var root = Read(path);
        Publish(Path.Combine(_directory, name + ".crt"), root);
        return root;
    }

    // The whole file appears at once and never replaces another: link(2), by way of Move without overwriting.
    private bool Write(string path, Func<X509Certificate2> make)
    {
        using var root = make();
        using var key = root.GetECDsaPrivateKey()!;
        var temporary = $"{path}.{Guid.NewGuid():N}";

        WriteNew(temporary, $"{key.ExportPkcs8PrivateKeyPem()}\n{root.ExportCertificatePem()}\n");

        try
        {
            File.Move(temporary, path, overwrite: false);
            Posix.SyncDirectory(_directory);
            return true;
        }
        catch (IOException) when (File.Exists(path))
        {
            File.Delete(temporary);
            return false;
        }
    }

    private static void WriteNew(string path, string text)
    {
        using var file = new FileStream(path, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = OwnerOnly });
        using var writer = new StreamWriter(file);
        writer.Write(text);
        writer.Flush();
        file.Flush(flushToDisk: true);
    }

    private static X509Certificate2 Read(string path)
    {
        RefuseOthers(path);

        try
        {
            var pem = File.ReadAllText(path);
            var root = X509Certificate2.CreateFromPem(pem, pem);

            return root.Extensions.OfType<X509BasicConstraintsExtension>().Any(constraints => constraints.CertificateAuthority)
                ? root
                : throw new StartException($"{path} holds a certificate that is no authority's.");
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            throw new StartException($"{path} cannot be read as a key and its certificate: {e.Message}", e);
        }
    }

    private static void Publish(string path, X509Certificate2 root)
    {
        var pem = root.ExportCertificatePem() + "\n";

        if (!File.Exists(path) || File.ReadAllText(path) != pem)
        {
            File.WriteAllText(path, pem);
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
