using Consoles.Agent.Enabling;
using Consoles.Agent.QemuConf;
using Consoles.Common.Inventory;

namespace Consoles.Tests.Agent.Enabling;

public sealed class RollOutTests
{
    private static readonly QemuSettings All = Settings("vnc_tls = 1\nvnc_tls_x509_verify = 1\nspice_tls = 1\nchardev_tls = 1\n");

    [Theory]
    [InlineData(ConsoleSecurity.None, null, "*started before qemu.conf asked for it")]
    [InlineData(ConsoleSecurity.Password, null, "*started before qemu.conf asked for it")]
    [InlineData(ConsoleSecurity.AnonymousTls, null, "*started before qemu.conf asked for it")]
    [InlineData(ConsoleSecurity.X509, false, "it lets in those who show no certificate*")]
    [InlineData(ConsoleSecurity.Unreachable, null, "it could not be asked: words")]
    public void A_VNC_console_that_is_not_as_qemu_conf_asks_is_told_with_its_reason(ConsoleSecurity security, bool? verifies, string words)
    {
        RollOut.Fault(Console(ConsoleKind.Vnc), Found(security), verifies, All).Should().Match(words);
        RollOut.Fault(Console(ConsoleKind.Vnc), Found(security), verifies, Settings("")).Should().BeNull("qemu.conf asks for nothing");
    }

    [Theory]
    [InlineData(ConsoleSecurity.X509, true)]
    [InlineData(ConsoleSecurity.X509Password, null)]
    public void One_that_is_as_qemu_conf_asks_is_not_told(ConsoleSecurity security, bool? verifies) =>
        RollOut.Fault(Console(ConsoleKind.Vnc), Found(security), verifies, All).Should().BeNull();

    [Fact]
    public void SPICE_and_serial_lines_are_told_by_their_XML()
    {
        RollOut.Fault(Console(ConsoleKind.Spice), found: null, verifies: null, All).Should().Contain("offers no TLS");
        RollOut.Fault(Console(ConsoleKind.Spice) with { TlsPort = 5901 }, found: null, verifies: null, All).Should().BeNull();
        RollOut.Fault(Console(ConsoleKind.Serial), found: null, verifies: null, All).Should().Contain("offers no TLS");
        RollOut.Fault(Console(ConsoleKind.Serial) with { Tls = true }, found: null, verifies: null, All).Should().BeNull();
        RollOut.Fault(Console(ConsoleKind.Serial) with { Transport = ConsoleTransport.Pty }, found: null, verifies: null, All).Should().BeNull();
    }

    [Theory]
    [InlineData("""{"qom-type":"tls-creds-x509","id":"vnc-tls-creds0","dir":"/etc/pki/libvirt-vnc","endpoint":"server","verify-peer":true}""", true)]
    [InlineData("""{"qom-type":"tls-creds-x509","id":"vnc-tls-creds0","dir":"/etc/pki/libvirt-vnc","endpoint":"server","verify-peer":false}""", false)]
    [InlineData("tls-creds-x509,id=vnc-tls-creds0,dir=/etc/pki/libvirt-vnc,endpoint=server,verify-peer=yes", true)]
    [InlineData("tls-creds-x509,id=vnc-tls-creds0,dir=/etc/pki/libvirt-vnc,endpoint=server,verify-peer=no", false)]
    [InlineData("""{"qom-type":"tls-creds-x509","id":"objcharserial0_tls0","endpoint":"server","verify-peer":true}""", null)]
    [InlineData("{broken", null)]
    public void Whether_VNC_clients_must_show_a_certificate_stands_on_the_command_line(string described, bool? verifies) =>
        QemuTlsArguments.VncVerifies($"qemu\0-object\0secret,id=x\0-object\0{described}\0-vnc\0:0\0").Should().Be(verifies);

    [Theory]
    [InlineData("qemu:///system", true)]
    [InlineData("qemu+unix:///system", true)]
    [InlineData("qemu+unix:///system?socket=/tmp/sock", false)]
    [InlineData("qemu:///session", false)]
    [InlineData("qemu+tls://other/system", false)]
    [InlineData("test:///default", false)]
    public void The_unit_is_that_of_the_nodes_own_libvirt_alone(string uri, bool ofThisNode) => LibvirtRestart.IsOfThisNode(uri).Should().Be(ofThisNode);

    private static QemuSettings Settings(string text) => QemuSettings.Read(QemuConfText.Parse(text));

    private static Readiness Found(ConsoleSecurity security) => new(security, "words", DateTimeOffset.UnixEpoch);

    private static ConsoleEndpoint Console(ConsoleKind kind) => new() { Kind = kind, Name = "x", Transport = ConsoleTransport.Tcp, Host = "127.0.0.1", Port = 5900 };
}
