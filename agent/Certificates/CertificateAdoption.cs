using Consoles.Agent.Identity;

namespace Consoles.Agent.Certificates;

/// <summary>Takes over a directory of plain files that a person made, without a moment in which QEMU would find another pair, or none.</summary>
internal static class CertificateAdoption
{
    /// <summary>What stands at the top of the directory.</summary>
    /// <returns>True: a person's set. False: ours, or none.</returns>
    /// <exception cref="CertificateException">A person's set that is not whole.</exception>
    public static bool IsNeeded(CertificateDirectory directory, int? current)
    {
        var tops = CertificateNames.Set.ToDictionary(name => name, directory.Top, StringComparer.Ordinal);

        if (!tops.ContainsValue(TopName.Plain))
        {
            return false;
        }

        var lacking = tops.Where(top => top.Value == TopName.Missing || (top.Value == TopName.Ours && current is null)).Select(top => top.Key).ToList();

        return lacking.Count == 0
            ? true
            : throw new CertificateException(
                $"{directory.Location} holds a part of a set: {string.Join(" and ", lacking)} is missing. Complete it, or move the files away; the agent does not replace what it does not know.");
    }

    /// <summary>Copies the files to a version, makes it the current one, and puts links in the place of the files one by one: each step changes nothing of what QEMU reads.</summary>
    public static void Run(CertificateDirectory directory, int version, uint group)
    {
        var files = CertificateNames.Set.ToDictionary(name => name, name => Read(directory[name]), StringComparer.Ordinal);
        files[CertificateNames.DiffieHellman] = directory.Top(CertificateNames.DiffieHellman) == TopName.Missing ? CertificateVersion.Parameters : Read(directory[CertificateNames.DiffieHellman]);

        CertificateVersion.Write(directory, version, files, group);

        if (files.Any(file => directory.Top(file.Key) != TopName.Missing && !Read(directory[file.Key]).AsSpan().SequenceEqual(file.Value)))
        {
            CertificateVersion.TryErase(directory, version);
            throw new CertificateException($"The files in {directory.Location} were changed while they were taken over. They were left as they are.");
        }

        directory.Use(version);
        Finish(directory);
    }

    /// <summary>Links what is missing at the top, and what is a plain file with the content of the current version's.</summary>
    public static void Finish(CertificateDirectory directory)
    {
        foreach (var name in CertificateNames.Links)
        {
            var versioned = Path.Combine(directory[CertificateNames.Current], name);

            if (directory.Top(name) switch
            {
                TopName.Missing => true,
                TopName.Plain => File.Exists(versioned) && File.Exists(directory[name]) && Read(directory[name]).AsSpan().SequenceEqual(Read(versioned)),
                _ => false,
            })
            {
                directory.LinkToCurrent(name);
            }
        }
    }

    /// <summary>Reads a file of a set, through links, within limits.</summary>
    /// <exception cref="IOException">It cannot be read, or is no file of a set.</exception>
    public static byte[] Read(string path)
    {
        var real = File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? path;

        return DurableFiles.Status(real) switch
        {
            { Kind: FileKind.Regular, Size: <= CertificatePems.MaxBytes } => File.ReadAllBytes(path),
            { Kind: FileKind.Regular } status => throw new IOException($"{path} has {status.Size} bytes; {CertificatePems.MaxBytes} is the limit."),
            null => throw new FileNotFoundException($"There is no {path}.", path),
            _ => throw new IOException($"{path} is not a file."),
        };
    }
}
