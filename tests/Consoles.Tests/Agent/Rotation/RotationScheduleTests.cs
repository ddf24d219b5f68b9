using Consoles.Agent.Identity;
using Consoles.Agent.Rotation;
using Consoles.Common.Inventory;
using Consoles.Common.Tls;
using Consoles.Tests.Fakes;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Consoles.Tests.Agent.Rotation;

public sealed class RotationScheduleTests : IDisposable
{
    private const string Directory = "/etc/pki/libvirt-vnc";

    private readonly TestClock _clock = new();
    private readonly TestPki _pki = new();
    private readonly WantedPlan _plan = new();
    private readonly CollectedLogs _logs = new();
    private readonly ILoggerFactory _factory;
    private readonly AgentIdentity _identity;

    public RotationScheduleTests()
    {
        _factory = LoggerFactory.Create(builder => builder.AddProvider(_logs));
        var own = _pki.Client("node1");
        _identity = new AgentIdentity("node1", new Uri("https://broker.example:6084"), TlsIdentity.FromPem(own.ChainPem, own.KeyPem), _pki.Trust());
    }

    public void Dispose()
    {
        _identity.Dispose();
        _factory.Dispose();
        _pki.Dispose();
    }

    [Fact]
    public void A_set_is_due_at_half_its_life_a_tenth_of_that_earlier_or_later()
    {
        var set = Set();
        var schedule = Schedule();

        _clock.Advance(TimeSpan.FromDays(7 * 0.44));
        schedule.IsDue(set).Should().BeFalse();
        _clock.Advance(TimeSpan.FromDays(7 * 0.12));
        schedule.IsDue(set).Should().BeTrue();
    }

    [Fact]
    public void Each_node_has_its_own_moment_and_keeps_it()
    {
        var nodes = Enumerable.Range(0, 1000).Select(number => RotationSchedule.JitterOf($"node{number}")).ToList();

        nodes.Should().OnlyContain(jitter => jitter >= -1 && jitter <= 1);
        nodes.Count(jitter => jitter < 0).Should().BeInRange(400, 600);
        RotationSchedule.JitterOf("node7").Should().Be(nodes[7]);
    }

    [Fact]
    public void Another_plan_of_the_brokers_makes_it_due_at_once()
    {
        var schedule = Schedule();
        schedule.IsDue(Set() with { Plan = "one" }).Should().BeFalse(because: "the broker has not said what it wants");

        _plan.Became("one");
        schedule.IsDue(Set() with { Plan = "one" }).Should().BeFalse();
        _plan.Became("two");
        schedule.IsDue(Set() with { Plan = "one" }).Should().BeTrue();
        _plan.Became(null);
        schedule.IsDue(Set() with { Plan = "two" }).Should().BeFalse();
    }

    [Fact]
    public void A_set_that_is_missing_or_unreadable_is_due_where_it_is_ours()
    {
        var schedule = Schedule();

        schedule.IsDue(Set() with { Certificate = null, Fault = "There is no set yet." }).Should().BeTrue();
        schedule.IsDue(Set() with { Certificate = null, ByHand = true, Fault = "garbage" }).Should().BeFalse();
    }

    [Fact]
    public void What_a_person_made_is_only_replaced_when_that_is_allowed()
    {
        var set = Set() with { ByHand = true };

        Schedule().IsDue(set).Should().BeFalse();
        Schedule(new RotationOptions { Adopt = true }).IsDue(set).Should().BeTrue();
        Schedule(new RotationOptions { Adopt = true, ByHand = true }).IsDue(set).Should().BeFalse();
    }

    [Fact]
    public void After_a_failure_it_waits_a_minute_and_up_to_an_hour()
    {
        var schedule = Schedule();
        var set = Set() with { Certificate = null };

        schedule.Failed(Directory, "the broker is away");
        schedule.IsDue(set).Should().BeFalse();
        schedule.FaultOf(Directory).Should().BeEquivalentTo(new { Reason = "the broker is away", Failures = 1 });
        _clock.Advance(TimeSpan.FromMinutes(1));
        schedule.IsDue(set).Should().BeTrue();

        Enumerable.Range(0, 20).ToList().ForEach(_ => schedule.Failed(Directory, "still"));
        (schedule.FaultOf(Directory)!.RetryAt - _clock.GetUtcNow()).Should().BeGreaterThanOrEqualTo(TimeSpan.FromMinutes(30)).And.BeLessThanOrEqualTo(TimeSpan.FromHours(1));

        schedule.Succeeded(Directory);
        schedule.FaultOf(Directory).Should().BeNull();
    }

    [Fact]
    public void A_fault_is_over_when_somebody_else_has_renewed_the_set()
    {
        var schedule = Schedule();
        schedule.Note([Set()]);
        schedule.Failed(Directory, "the broker is away");

        schedule.Note([Set()]);
        schedule.FaultOf(Directory).Should().NotBeNull();
        schedule.Note([Set() with { Certificate = Set().Certificate! with { Serial = "another" } }]);
        schedule.FaultOf(Directory).Should().BeNull();
    }

    [Fact]
    public void A_set_that_is_past_half_its_life_when_it_comes_is_not_ordered_for_ever()
    {
        var schedule = Schedule();
        var now = _clock.GetUtcNow();
        var old = Set() with { Certificate = Set().Certificate! with { NotBefore = now.AddDays(-6), NotAfter = now.AddDays(1) } };

        schedule.Note([old]);
        schedule.IsDue(old).Should().BeTrue();
        schedule.Judge([old]);
        schedule.IsDue(old).Should().BeFalse();
        schedule.Note([old]);
        schedule.FaultOf(Directory)!.Reason.Should().Contain("half");
    }

    [Theory]
    [InlineData(0.60, LogLevel.Information)]
    [InlineData(0.68, LogLevel.Warning)]
    [InlineData(0.86, LogLevel.Error)]
    [InlineData(1.01, LogLevel.Error)]
    public void It_gets_louder_as_the_end_comes_nearer(double life, LogLevel level)
    {
        var schedule = Schedule();
        schedule.Note([Set()]);
        _clock.Advance(TimeSpan.FromDays(7 * life));

        schedule.Failed(Directory, "the broker is away");

        _logs.Text.Should().Contain("was not renewed").And.Contain(level.ToString());
    }

    [Fact]
    public void One_that_a_person_looks_after_is_warned_of_once_at_each_step()
    {
        var schedule = Schedule();
        var set = Set() with { ByHand = true };

        schedule.Note([set]);
        _logs.Text.Should().NotContain("by hand");
        _clock.Advance(TimeSpan.FromDays(7 * 0.7));
        schedule.Note([set]);
        schedule.Note([set]);
        Times("by hand").Should().Be(1);
        _clock.Advance(TimeSpan.FromDays(7 * 0.2));
        schedule.Note([set]);
        Times("by hand").Should().Be(2);
    }

    private int Times(string words) => _logs.Text.Split(words).Length - 1;

    private RotationSchedule Schedule(RotationOptions? options = null) =>
        new(new CurrentIdentity(_identity), _plan, Options.Create(options ?? new RotationOptions()), _clock, _factory.CreateLogger<CertificateRotation>());

    private SetOnDisk Set()
    {
        var now = new TestClock().GetUtcNow();
        var certificate = new ServedCertificate("f", "s", "CN=node1", ["node1"], now, now.AddDays(7));
        return new SetOnDisk(CertificateUse.Vnc, Directory, Enabled: true, ByHand: false, certificate, Plan: null, Fault: null);
    }
}
