using Consoles.Agent.QemuConf;
using Consoles.Common.Inventory;

namespace Consoles.Tests.Agent.QemuConf;

public sealed class QemuConfPlanTests
{
    [Fact]
    public void A_plain_node_gets_verified_x509_for_VNC_alone()
    {
        var plan = Plan("user = \"a\"\n");

        plan.Changes.Select(change => change.ToString()).Should().Equal(
            "vnc_tls: not set -> 1", "vnc_tls_x509_cert_dir: not set -> \"/etc/pki/libvirt-vnc\"", "vnc_tls_x509_verify: not set -> 1");
        plan.Wanted.ToString().Should().Be("user = \"a\"\nvnc_tls = 1\nvnc_tls_x509_cert_dir = \"/etc/pki/libvirt-vnc\"\nvnc_tls_x509_verify = 1\n");
    }

    [Fact]
    public void What_is_planned_and_done_leaves_nothing_to_plan() =>
        QemuConfPlan.Of(Plan("vnc_tls = 0\n", Everything).Wanted, Everything, QemuSettingsTests.Node()).IsDone.Should().BeTrue();

    [Fact]
    public void Everything_can_be_wanted()
    {
        var wanted = QemuSettings.Read(Plan("", Everything).Wanted, QemuSettingsTests.Node());

        (wanted.VncTls, wanted.VncVerify, wanted.SpiceTls, wanted.ChardevTls, wanted.ChardevVerify).Should().Be((true, true, true, true, true));
        wanted.Directories[CertificateUse.Chardev].Should().Be("/c");
        Plan("", Everything).Wanted.ToString().Should().ContainAll("vnc_listen = \"0.0.0.0\"", "vnc_auto_unix_socket = 1", "spice_auto_unix_socket = 1");
    }

    [Theory]
    [InlineData("vnc_tls = 1\ndefault_tls_x509_verify = 1\n")]
    [InlineData("vnc_tls = 1\nvnc_tls_x509_verify = 1\nvnc_tls_x509_cert_dir = \"/mine\"\n")]
    public void What_is_in_force_already_is_left_as_a_person_wrote_it(string text) => Plan(text).IsDone.Should().BeTrue();

    [Fact]
    public void What_the_policy_does_not_name_is_left_and_what_it_forbids_is_switched_off()
    {
        Plan("spice_tls = 1\nvnc_tls = 1\n", new QemuConfOptions { Vnc = null }).IsDone.Should().BeTrue();
        Plan("spice_tls = 1\n", new QemuConfOptions { Vnc = false, Spice = false }).Changes.Should().ContainSingle().Which.ToString().Should().Be("spice_tls: 1 -> 0");
    }

    private static QemuConfOptions Everything => new()
    {
        Spice = true,
        Chardev = true,
        ChardevDirectory = "/c",
        VncListen = "0.0.0.0",
        VncAutoUnixSocket = true,
        SpiceAutoUnixSocket = true,
    };

    private static QemuConfPlan Plan(string text, QemuConfOptions? policy = null) => QemuConfPlan.Of(QemuConfText.Parse(text), policy ?? new QemuConfOptions(), QemuSettingsTests.Node());
}
