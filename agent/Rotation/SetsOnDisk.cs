using System.Globalization;
using Consoles.Agent.Certificates;
using Consoles.Agent.Inventory;
using Consoles.Agent.QemuConf;
using Consoles.Common.Inventory;

namespace Consoles.Agent.Rotation;

/// <summary>Reads what qemu.conf names.</summary>
/// <remarks>All members throw <see cref="QemuConfException"/> when qemu.conf cannot be read.</remarks>
internal sealed class SetsOnDisk(QemuConfFile conf, CertificateFiles files)
{
    private static readonly CertificateUse[] Uses = [CertificateUse.Vnc, CertificateUse.Spice, CertificateUse.Chardev];

    private string? _confMark;
    private IReadOnlyList<string> _marked = [];

    public NodeSets Read()
    {
        var settings = conf.Settings();
        return new NodeSets(settings, [.. Uses.Select(use => Read(use, settings))]);
    }

    /// <summary>Each directory that qemu.conf names, used or not.</summary>
    public IReadOnlyList<string> Directories()
    {
        var settings = conf.Settings();
        return [.. Uses.Select(use => settings.Directories[use]).Distinct(StringComparer.Ordinal)];
    }

    /// <summary>Another text as soon as qemu.conf or a set is another. It is worked out from names and times alone, so that it may be asked for often.</summary>
    public string Mark()
    {
        var confMark = Written(conf.Path);

        if (confMark != _confMark)
        {
            (_confMark, _marked) = (confMark, Directories());
        }

        return string.Join(' ', _marked.Select(directory =>
            $"{new FileInfo(Path.Combine(directory, CertificateNames.Current)).LinkTarget}:{Written(Path.Combine(directory, CertificateNames.Certificate))}").Prepend(confMark));
    }

    private static string Written(string path) => File.GetLastWriteTimeUtc(path).Ticks.ToString(CultureInfo.InvariantCulture);

    private SetOnDisk Read(CertificateUse use, QemuSettings settings)
    {
        var directory = settings.Directories[use];
        var enabled = settings.Enables(use);

        try
        {
            if (files.Read(directory) is not { } set)
            {
                return new SetOnDisk(use, directory, enabled, ByHand: false, Certificate: null, Plan: null, "There is no set yet.");
            }

            // A version that was made to no plan was installed by a person, with the command for that.
            using var certificate = set.Certificate;
            return new SetOnDisk(use, directory, enabled, set.ByHand || set.Plan is null, CertificateText.Describe(certificate), set.Plan, Fault: null);
        }
        catch (CertificateException e)
        {
            var byHand = new CertificateDirectory(directory).Top(CertificateNames.Certificate) == TopName.Plain;
            return new SetOnDisk(use, directory, enabled, byHand, Certificate: null, Plan: null, e.Message);
        }
    }
}
