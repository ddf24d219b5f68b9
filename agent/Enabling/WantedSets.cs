using Consoles.Agent.Certificates;
using Consoles.Agent.Identity;
using Consoles.Agent.QemuConf;
using Consoles.Common.Inventory;

namespace Consoles.Agent.Enabling;

/// <summary>Sees to it that qemu.conf names no directory that would stop libvirt, nor one that would stop guests from starting.</summary>
/// <param name="ensureSets">Has sets made for these uses in these directories.</param>
internal sealed class WantedSets(CertificateFiles files, QemuDryLoad trial, Func<IReadOnlyDictionary<CertificateUse, string>, CancellationToken, Task> ensureSets)
{
    private static readonly CertificateUse[] Uses = [CertificateUse.Vnc, CertificateUse.Spice, CertificateUse.Chardev];

    /// <exception cref="EnablingException">A directory is missing: libvirt would not start.</exception>
    public static void RequireDirectories(QemuConfText wanted)
    {
        // libvirt looks at each that is named, used or not.
        foreach (var name in wanted.Names.Where(name => name.EndsWith("_tls_x509_cert_dir", StringComparison.Ordinal)))
        {
            if (wanted.String(name) is { } directory && !Directory.Exists(directory))
            {
                throw new EnablingException($"{name} names {directory}, which does not exist: libvirt would not start. qemu.conf was not changed.");
            }
        }
    }

    /// <exception cref="EnablingException">A directory is missing, or QEMU does not take what is in it.</exception>
    /// <exception cref="CertificateException">There is no set, and none could be made.</exception>
    public async Task RequireAsync(QemuConfText wanted, TextWriter output, CancellationToken cancellationToken)
    {
        var settings = QemuSettings.Read(wanted);
        var enabled = Uses.Where(settings.Enables).ToDictionary(use => use, use => settings.Directories[use]);

        if (enabled.Where(use => files.Read(use.Value) is null).ToDictionary() is { Count: > 0 } missing)
        {
            await output.WriteLineAsync($"Certificates are wanted in {string.Join(", ", missing.Values.Distinct(StringComparer.Ordinal))} ...");

            try
            {
                await ensureSets(missing, cancellationToken);
            }
            catch (Exception e) when (e is CertificateException or IdentityException)
            {
                throw new EnablingException($"There are no certificates in {string.Join(", ", missing.Values.Distinct(StringComparer.Ordinal))}, and none could be had. {e.Message} qemu.conf was not changed.", e);
            }
        }

        RequireDirectories(wanted);

        foreach (var (use, directory) in enabled)
        {
            if (await trial.FaultAsync(directory, cancellationToken) is { } fault)
            {
                throw new EnablingException($"No guest would start with the certificates of {QemuConfNames.Directory(use)} in {directory}. {fault} qemu.conf was not changed.");
            }
        }
    }
}
