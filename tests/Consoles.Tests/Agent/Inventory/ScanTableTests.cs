using Consoles.Agent.Inventory;
using Consoles.Common.Inventory;

namespace Consoles.Tests.Agent.Inventory;

public class ScanTableTests
{
    private static readonly ConsoleEndpoint Vnc = new() { Kind = ConsoleKind.Vnc, Name = "vnc0", Transport = ConsoleTransport.Tcp, Host = "10.0.0.1", Port = 5900 };

    [Fact]
    public void Columns_stand_under_their_heads_whatever_the_names_are()
    {
        var lines = ScanTable.Of([Domain("büro🚀", Vnc), Domain("a", Vnc)]).TrimEnd().Split(Environment.NewLine);

        lines.Should().Equal(
            "DOMAIN  STATE    CONSOLE  KIND  ADDRESS        READINESS  REASON",
            "a       running  vnc0     vnc   10.0.0.1:5900  -          It was not asked.",
            "büro🚀   running  vnc0     vnc   10.0.0.1:5900  -          It was not asked.");
    }

    [Fact]
    public void A_domain_without_consoles_has_a_line_that_says_why()
    {
        var off = new DomainReport { Id = new DomainId(Guid.NewGuid()), Name = "off", State = "shutoff" };

        ScanTable.Of([off]).Should().Contain("It does not run.");
        ScanTable.Of([off with { State = "paused" }]).Should().Contain("It is being started.");
        ScanTable.Of([off with { Refusal = "The XML has no UUID." }]).Should().Contain("The XML has no UUID.");
    }

    [Fact]
    public void A_finding_tells_until_when_its_certificate_is_good()
    {
        var until = new DateTimeOffset(2027, 1, 2, 3, 4, 0, TimeSpan.Zero);
        var found = new Readiness(ConsoleSecurity.X509, "TLS with a certificate.", until, new ServedCertificate("ab", "01", "CN=h1", ["h1"], until, until));

        ScanTable.Of([Domain("a", Vnc with { Readiness = found })]).Should().Contain("x509       TLS with a certificate. The certificate is good until 2027-01-02 03:04Z.");
    }

    [Fact]
    public void A_reason_from_a_guest_cannot_move_the_cursor()
    {
        var found = new Readiness(ConsoleSecurity.Unreachable, "it said \u001b[2Jboo", DateTimeOffset.UnixEpoch);

        ScanTable.Of([Domain("a", Vnc with { Readiness = found })]).Should().Contain("it said \\u001b[2Jboo").And.NotContain("\u001b");
    }

    [Fact]
    public void An_address_is_written_as_people_write_it()
    {
        var spice = Vnc with { Kind = ConsoleKind.Spice };
        var serial = Vnc with { Kind = ConsoleKind.Serial };

        ScanTable.Address(Vnc with { Host = "::1" }).Should().Be("[::1]:5900");
        ScanTable.Address(Vnc with { Port = null }).Should().Be("no port");
        ScanTable.Address(spice with { TlsPort = 5901 }).Should().Be("10.0.0.1:5900, tls 5901");
        ScanTable.Address(spice with { Port = null, TlsPort = 5901 }).Should().Be("10.0.0.1:5901 tls");
        ScanTable.Address(serial with { Telnet = true }).Should().Be("10.0.0.1:5900 telnet");
        ScanTable.Address(serial with { Connects = true }).Should().Be("dials 10.0.0.1:5900");
        ScanTable.Address(serial with { Transport = ConsoleTransport.Unix, Path = "/s" }).Should().Be("unix:/s");
        ScanTable.Address(serial with { Transport = ConsoleTransport.Pty, Path = "/dev/pts/1" }).Should().Be("pty:/dev/pts/1");
        ScanTable.Address(Vnc with { Transport = ConsoleTransport.None }).Should().Be("only through libvirt");
    }

    private static DomainReport Domain(string name, ConsoleEndpoint console)
    {
        var id = new DomainId(Guid.NewGuid());
        return new DomainReport { Id = id, Name = name, State = "running", Incarnation = new Incarnation(id, 1, 2), Consoles = [console] };
    }
}
