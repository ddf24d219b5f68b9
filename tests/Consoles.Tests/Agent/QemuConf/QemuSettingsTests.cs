using Consoles.Agent.QemuConf;
using Consoles.Common.Inventory;

namespace Consoles.Tests.Agent.QemuConf;

public sealed class QemuSettingsTests
{
    [Fact]
    public void Where_qemu_conf_says_nothing_the_defaults_are_libvirts()
    {
        var settings = Read("", directories: ["/etc/pki/libvirt-spice"], names: ["qemu"]);

        (settings.User, settings.Group).Should().Be(("qemu", "qemu"));
        (settings.VncTls, settings.VncVerify, settings.SpiceTls, settings.ChardevTls, settings.ChardevVerify).Should().Be((false, false, false, false, true));
        settings.Directories[CertificateUse.Spice].Should().Be("/etc/pki/libvirt-spice");
        settings.Directories[CertificateUse.Vnc].Should().Be("/etc/pki/qemu", "its own directory is not there");
        settings.Directories[CertificateUse.Default].Should().Be("/etc/pki/qemu");
    }

    [Fact]
    public void What_is_said_for_all_holds_for_each_that_does_not_say_otherwise()
    {
        var settings = Read("default_tls_x509_verify = 1\ndefault_tls_x509_cert_dir = \"/pki\"\nchardev_tls_x509_verify = 0\nspice_tls_x509_cert_dir = \"/s\"\nvnc_tls = 1\n");

        (settings.VncVerify, settings.ChardevVerify).Should().Be((true, false));
        settings.Directories.Should().BeEquivalentTo(new Dictionary<CertificateUse, string>
        {
            [CertificateUse.Vnc] = "/pki",
            [CertificateUse.Spice] = "/s",
            [CertificateUse.Chardev] = "/pki",
            [CertificateUse.Default] = "/pki",
        });
        (settings.Enables(CertificateUse.Vnc), settings.Enables(CertificateUse.Spice)).Should().Be((true, false));
    }

    [Theory]
    [InlineData("", "root", "root")]
    [InlineData("user = \"+0\"\ngroup = \"kvm\"\n", "+0", "kvm")]
    public void Whom_QEMU_runs_as_is_what_is_said_or_root(string text, string user, string group)
    {
        var settings = Read(text);

        (settings.User, settings.Group).Should().Be((user, group));
    }

    private static QemuSettings Read(string text, string[]? directories = null, string[]? names = null) =>
        QemuSettings.Read(QemuConfText.Parse(text), Node(directories, names));

    internal static QemuDefaults Node(string[]? directories = null, string[]? names = null) =>
        new((directories ?? []).Contains, (names ?? []).Contains, (names ?? []).Contains);
}
