using Consoles.Broker.Nodes;
using Consoles.Common.Inventory;
using Consoles.Tests.Fakes;

namespace Consoles.Tests.Broker.Nodes;

public class ReportRulesTests
{
    private static readonly CertificateSet Set = new(CertificateUse.Vnc, "/etc/pki/libvirt-vnc", Enabled: true, ByHand: false, Certificate: null);

    private static readonly DomainReport Web = TestDomains.Running("web1");

    public static TheoryData<string, NodeReport> Unfit => new()
    {
        { "one domain twice", TestLink.Whole(1, Web, Web) },
        { "one domain here and gone", TestLink.Whole(1, Web) with { Whole = false, Gone = [Web.Id] } },
        { "gone from a whole report", TestLink.Whole(1) with { Gone = [Web.Id] } },
        { "too many domains", TestLink.Whole(1, [.. Enumerable.Range(0, ReportRules.MaxDomains + 1).Select(number => TestDomains.Running($"d{number}"))]) },
        { "too many gone", TestLink.Whole(1) with { Whole = false, Gone = [.. Enumerable.Range(0, ReportRules.MaxDomains + 1).Select(_ => new DomainId(Guid.NewGuid()))] } },
        { "a null domain", TestLink.Whole(1, [null!]) },
        { "no name", Of(Web with { Name = null! }) },
        { "an empty name", Of(Web with { Name = "" }) },
        { "a long name", Of(Web with { Name = new string('x', 1025) }) },
        { "a long state", Of(Web with { State = new string('x', 65) }) },
        { "a long refusal", Of(Web with { Refusal = new string('x', 4097) }) },
        { "another domain's run", Of(Web with { Incarnation = new Incarnation(new DomainId(Guid.NewGuid()), 1, 1) }) },
        { "no list of consoles", Of(Web with { Consoles = null! }) },
        { "too many consoles", Of(Web with { Consoles = [.. Enumerable.Range(0, ReportRules.MaxConsoles + 1).Select(number => Console with { Name = $"c{number}" })] }) },
        { "two consoles of one name", Of(Web with { Consoles = [Console, Console] }) },
        { "a null console", Of(Web with { Consoles = [null!] }) },
        { "a port that is none", OfConsole(Console with { Port = 65536 }) },
        { "port 0", OfConsole(Console with { TlsPort = 0 }) },
        { "a long host", OfConsole(Console with { Host = new string('x', 1025) }) },
        { "a long path", OfConsole(Console with { Path = new string('x', 4097) }) },
        { "a long reason", OfConsole(Console with { Readiness = new Readiness(ConsoleSecurity.None, new string('x', 4097), DateTimeOffset.UnixEpoch) }) },
        { "a null reason", OfConsole(Console with { Readiness = new Readiness(ConsoleSecurity.None, null!, DateTimeOffset.UnixEpoch) }) },
        { "many certificate names", OfConsole(Console with { Readiness = Served([.. Enumerable.Repeat("x", 257)]) }) },
        { "a null certificate name", OfConsole(Console with { Readiness = Served([null!]) }) },
        { "no list of certificate sets", Of(new NodeCertificates { Sets = null! }) },
        { "a null certificate set", Of(new NodeCertificates { Sets = [null!] }) },
        { "too many certificate sets", Of(new NodeCertificates { Sets = [.. Enumerable.Repeat(Set, CertificateRules.MaxSets + 1)] }) },
        { "a long plan", Of(new NodeCertificates { Sets = [Set with { Plan = new string('x', 65) }] }) },
        { "a use that is none", Of(new NodeCertificates { Sets = [Set with { Use = (CertificateUse)99 }] }) },
        { "a long drift", Of(new NodeCertificates { Drift = new string('x', (16 * 1024) + 1) }) },
        { "a certificate of no run", Of(new NodeCertificates { Consoles = [new ConsoleCertificate(null!, "vnc0", CertificateCondition.Fresh)] }) },
        { "a condition that is none", Of(new NodeCertificates { Consoles = [new ConsoleCertificate(Web.Incarnation!, "vnc0", (CertificateCondition)99)] }) },
        { "a certificate with many names", Of(new NodeCertificates { Consoles = [new ConsoleCertificate(Web.Incarnation!, "vnc0", CertificateCondition.Fresh, Served([.. Enumerable.Repeat("x", 257)]).Certificate)] }) },
        { "no libvirt", TestLink.Whole(1) with { Libvirt = null! } },
        { "no domains", TestLink.Whole(1) with { Domains = null! } },
        { "no list of gone", TestLink.Whole(1) with { Gone = null! } },
    };

    private static ConsoleEndpoint Console => Web.Consoles[0];

    [Theory]
    [MemberData(nameof(Unfit))]
    public void A_report_that_holds_too_much_or_too_little_is_refused_with_a_reason(string what, NodeReport report) =>
        ReportRules.Fault(report).Should().NotBeNullOrEmpty(because: what);

    [Fact]
    public void A_report_within_every_limit_is_accepted()
    {
        var full = Web with
        {
            Name = new string('x', 1024),
            Consoles = [.. Enumerable.Range(0, ReportRules.MaxConsoles).Select(number => Console with { Name = $"c{number}", Port = 65535, TlsPort = 1, Readiness = Served(["node1"]) })],
        };

        ReportRules.Fault(TestLink.Whole(1, full, TestDomains.Running("off") with { Incarnation = null, Consoles = [] })).Should().BeNull();
    }

    private static NodeReport Of(NodeCertificates certificates) => TestLink.Whole(1) with { Certificates = certificates };

    private static NodeReport Of(DomainReport domain) => TestLink.Whole(1, domain);

    private static NodeReport OfConsole(ConsoleEndpoint console) => Of(Web with { Consoles = [console] });

    private static Readiness Served(IReadOnlyList<string> names) =>
        new(ConsoleSecurity.X509, "", DateTimeOffset.UnixEpoch, new ServedCertificate("", "", "", names, DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch));
}
