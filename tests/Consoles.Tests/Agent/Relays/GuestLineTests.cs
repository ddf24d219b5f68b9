using Consoles.Agent.Relays;
using Consoles.Tests.Fakes;

namespace Consoles.Tests.Agent.Relays;

public sealed class GuestLineTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_viewers_of_a_run_are_gone_as_soon_as_there_is_another(bool endSeen)
    {
        var domain = TestDomains.Running("guest");
        var guest = new ScriptedGuest();
        await using var line = new GuestLine(domain, "serial0", 4096, TimeProvider.System, (_, _, force, cancel) => guest.AttachAsync(force, cancel));
        line.Runs(domain.Incarnation!, domain.Consoles[0], keep: true);
        var end = line.EndOf(domain.Incarnation!)!.Value;

        if (endSeen)
        {
            // As often as there is news of other domains.
            line.Ended();
            line.Ended();
            end.IsCancellationRequested.Should().BeFalse(because: "what the guest says last still reaches its viewers");
        }

        var next = domain.Incarnation! with { QemuPid = 1001 };
        line.Runs(next, domain.Consoles[0], keep: true);

        end.IsCancellationRequested.Should().BeTrue();
        line.EndOf(domain.Incarnation!).Should().BeNull();
        line.EndOf(next)!.Value.IsCancellationRequested.Should().BeFalse();
    }
}
