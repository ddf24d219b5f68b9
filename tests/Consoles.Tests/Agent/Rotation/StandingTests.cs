using Consoles.Agent.Rotation;
using Consoles.Common.Inventory;
using Consoles.Tests.Fakes;

namespace Consoles.Tests.Agent.Rotation;

public class StandingTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 22, 12, 0, 0, TimeSpan.Zero);
    private static readonly Incarnation Run = new(new DomainId(Guid.NewGuid()), 1, 1);
    private static readonly ServedCertificate Wanted = Certificate("new", days: 7);
    private static readonly ServedCertificate Older = Certificate("old", days: 2);

    [Theory]
    [InlineData(ConsoleKind.Vnc)]
    [InlineData(ConsoleKind.Spice)]
    [InlineData(ConsoleKind.Serial)]
    public void What_is_on_disk_is_fresh(ConsoleKind kind) =>
        Of(kind, Served(Wanted), Wanted).Should().Be(new ConsoleCertificate(Run, "it", CertificateCondition.Fresh, Wanted, Now));

    [Fact]
    public void An_older_one_is_pending_with_the_reason_of_the_reload_and_the_day_by_which()
    {
        var standing = Of(ConsoleKind.Vnc, Served(Older), Wanted, tried: ReloadResult.Pending("busy"));

        (standing!.Condition, standing.Reason, standing.By).Should().Be((CertificateCondition.Pending, "busy", Older.NotAfter));
    }

    [Fact]
    public void An_older_one_that_no_reload_can_bring_needs_a_restart()
    {
        Of(ConsoleKind.Vnc, Served(Older), Wanted, tried: ReloadResult.NeedsRestart("elsewhere"))!.Condition.Should().Be(CertificateCondition.NeedsRestart);
        var spice = Of(ConsoleKind.Spice, Served(Older), Wanted);
        (spice!.Condition, spice.By).Should().Be((CertificateCondition.NeedsRestart, Older.NotAfter));
        spice.Reason.Should().Contain("migrate");
    }

    [Theory]
    [InlineData(ConsoleKind.Vnc)]
    [InlineData(ConsoleKind.Spice)]
    public void One_whose_life_is_over_is_expired_on_disk_or_not(ConsoleKind kind)
    {
        var expired = Certificate("old", days: -1);

        Of(kind, Served(expired), Wanted)!.Condition.Should().Be(CertificateCondition.Expired);
        Of(kind, Served(expired), expired)!.Condition.Should().Be(CertificateCondition.Expired);
    }

    [Fact]
    public void A_plain_console_is_said_where_TLS_is_switched_on_and_nowhere_else()
    {
        var plain = new Served(null, Plain: true, "It offers none", Now);

        Of(ConsoleKind.Vnc, plain, Wanted, enabled: false).Should().BeNull();
        var standing = Of(ConsoleKind.Vnc, plain, Wanted)!;
        (standing.Condition, standing.Reason).Should().Be((CertificateCondition.Plain, "It offers none. The guest was started before TLS was switched on: restart or migrate it."));
    }

    [Fact]
    public void One_that_did_not_answer_is_unproved_whatever_is_on_disk() =>
        Of(ConsoleKind.Vnc, new Served(null, Plain: false, "silent", Now), Wanted)!.Should().BeEquivalentTo(new { Condition = CertificateCondition.Unproved, Reason = "silent" });

    [Fact]
    public void Without_a_certificate_on_disk_nothing_is_fresh() => Of(ConsoleKind.Vnc, Served(Older), wanted: null)!.Condition.Should().Be(CertificateCondition.Pending);

    [Theory]
    [InlineData(ConsoleKind.Vnc, true)]
    [InlineData(ConsoleKind.Serial, true)]
    [InlineData(ConsoleKind.Spice, false)]
    public void A_reload_is_for_what_is_behind_and_can_be_reloaded(ConsoleKind kind, bool behind)
    {
        Standing.IsBehind(Console(kind), Served(Older), Wanted).Should().Be(behind);
        Standing.IsBehind(Console(kind), Served(Wanted), Wanted).Should().BeFalse();
        Standing.IsBehind(Console(kind), Served(Older), wanted: null).Should().BeFalse();
    }

    private static ConsoleCertificate? Of(ConsoleKind kind, Served served, ServedCertificate? wanted, bool enabled = true, ReloadResult? tried = null) =>
        Standing.Of(Run, Console(kind), served, wanted, enabled, tried, Now);

    private static ConsoleEndpoint Console(ConsoleKind kind) => new() { Kind = kind, Name = "it", Transport = ConsoleTransport.Tcp, Host = "127.0.0.1", Port = 5900 };

    private static Served Served(ServedCertificate certificate) => new(certificate, Plain: false, Reason: null, Now);

    private static ServedCertificate Certificate(string name, int days) => new(name, name, $"CN={name}", [name], Now.AddDays(-7), Now.AddDays(days));
}
