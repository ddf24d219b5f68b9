using Consoles.Agent.Inventory;
using Consoles.Common.Inventory;

namespace Consoles.Tests.Agent.Inventory;

/// <summary>The samples are the live XML that libvirt 9.0 gave of running guests.</summary>
public class DomainXmlReaderTests
{
    [Fact]
    public void A_vnc_console_is_read_with_everything_libvirt_says_of_it() => Only("vnc-full").Should().Be(new ConsoleEndpoint
    {
        Kind = ConsoleKind.Vnc,
        Name = "vnc0",
        Transport = ConsoleTransport.Tcp,
        Host = "127.0.0.1",
        Port = 5902,
        WebSocketPort = 5700,
        PasswordSet = true,
        SharePolicy = "force-shared",
        Keymap = "de",
    });

    [Fact]
    public void A_plain_vnc_console_has_an_address_and_a_port() => Only("vnc-plain").Should().Be(new ConsoleEndpoint
    {
        Kind = ConsoleKind.Vnc,
        Name = "vnc0",
        Transport = ConsoleTransport.Tcp,
        Host = "127.0.0.1",
        Port = 5905,
    });

    [Fact]
    public void A_password_that_never_expires_does_not_show_in_the_plain_xml() => Only("vnc-password").PasswordSet.Should().BeFalse();

    [Theory]
    [InlineData("vnc-network", ConsoleTransport.Tcp, "127.0.0.1", 5903, null)]
    [InlineData("vnc-socket", ConsoleTransport.Unix, null, null, "/var/lib/libvirt/qemu/domain-14-vnc-socket/vnc.sock")]
    [InlineData("vnc-none", ConsoleTransport.None, null, null, null)]
    [InlineData("spice", ConsoleTransport.Tcp, "127.0.0.1", 5900, null)]
    [InlineData("spice-socket", ConsoleTransport.Unix, null, null, "/var/lib/libvirt/qemu/domain-6-spice-socket/spice.sock")]
    [InlineData("spice-none", ConsoleTransport.None, null, null, null)]
    public void Graphics_listen_in_each_of_libvirts_ways(string sample, ConsoleTransport transport, string? host, int? port, string? path)
    {
        var console = Only(sample);

        (console.Transport, console.Host, console.Port, console.Path).Should().Be((transport, host, port, path));
    }

    [Fact]
    public void Spice_tells_its_tls_port()
    {
        var console = Only("spice-tls");

        (console.Kind, console.Name, console.Port, console.TlsPort).Should().Be((ConsoleKind.Spice, "spice0", 5900, 5901));
    }

    [Fact]
    public void Graphics_are_named_by_kind() => Read("two-graphics").Consoles.Select(console => console.Name).Should().Equal("vnc0", "spice0");

    [Fact]
    public void Serial_lines_are_listed_once_each_by_their_alias()
    {
        var serials = Read("serials").Consoles.Where(console => console.Kind == ConsoleKind.Serial);

        serials.Should().Equal(
            Serial("serial0", ConsoleTransport.Pty) with { Path = "/dev/pts/0", LogFile = "/var/log/consoles/serial0.log" },
            Serial("serial1", ConsoleTransport.Tcp) with { Host = "127.0.0.1", Port = 47101 },
            Serial("serial2", ConsoleTransport.Tcp) with { Host = "127.0.0.1", Port = 47102, Telnet = true },
            Serial("serial3", ConsoleTransport.Unix) with { Path = "/run/consoles/serial3.sock" },
            Serial("console1", ConsoleTransport.Pty) with { Path = "/dev/pts/1" });
    }

    [Fact]
    public void A_serial_line_tells_that_it_wants_tls() =>
        Read("serial-tls").Consoles[1].Should().Be(Serial("serial0", ConsoleTransport.Tcp) with { Host = "127.0.0.1", Port = 47103, Tls = true });

    [Fact]
    public void A_serial_line_that_dials_out_is_told_from_one_that_listens_and_files_are_no_consoles() => Read("serial-connect").Consoles.Should().Equal(
        Serial("serial0", ConsoleTransport.Tcp) with { Host = "127.0.0.1", Port = 47104, Connects = true },
        Serial("serial3", ConsoleTransport.Unix) with { Path = "/run/consoles/out.sock", Connects = true });

    [Fact]
    public void A_domain_tells_its_name_its_uuid_and_libvirts_number_of_the_run()
    {
        var domain = Read("vnc-full");

        (domain.Id.ToString(), domain.Name, domain.LiveId).Should().Be(("26beb78a-3f53-44b2-b5ed-f10a808f897c", "vnc-full", 9));
    }

    [Fact]
    public void A_domain_that_does_not_run_has_no_consoles_whatever_its_xml_would_like()
    {
        var domain = Read("off");

        domain.LiveId.Should().BeNull();
        domain.Consoles.Should().BeEmpty();
    }

    [Fact]
    public void A_console_without_an_alias_mirrors_the_serial_line_of_its_domain()
    {
        var domain = DomainXmlReader.Read(Domain("<serial type='pty'><source path='/dev/pts/7'/></serial><console type='pty'><target type='serial'/></console>"));

        domain.Consoles.Select(console => console.Name).Should().Equal("serial0");
    }

    [Fact]
    public void Devices_outside_of_the_domains_own_are_not_its_consoles()
    {
        var xml = Domain("<graphics type='vnc' port='5900'/>").Replace("<devices>", "<metadata><devices><graphics type='vnc' port='1'/></devices></metadata><devices>", StringComparison.Ordinal);

        DomainXmlReader.Read(xml).Consoles.Should().ContainSingle().Which.Port.Should().Be(5900);
    }

    [Fact]
    public void A_name_may_hold_any_letter_that_can_be_seen() =>
        DomainXmlReader.Read(Domain("", name: "büro 🚀 &amp; &lt;1&gt;")).Name.Should().Be("büro 🚀 & <1>");

    internal static string Domain(string devices, string name = "web1") =>
        $"<domain type='qemu' id='3'><name>{name}</name><uuid>4dea22b3-1d52-d8f3-2516-782e98ab3fa0</uuid><devices>{devices}</devices></domain>";

    private static ConsoleEndpoint Serial(string name, ConsoleTransport transport) => new() { Kind = ConsoleKind.Serial, Name = name, Transport = transport };

    private static ConsoleEndpoint Only(string sample) => Read(sample).Consoles.Should().ContainSingle().Subject;

    private static DomainXml Read(string sample) => DomainXmlReader.Read(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Samples", sample + ".xml")));
}
