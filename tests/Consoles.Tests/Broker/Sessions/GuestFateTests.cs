using Consoles.Broker.Nodes;
using Consoles.Broker.Sessions;
using Consoles.Common.Inventory;
using Consoles.Tests.Fakes;
using Microsoft.Extensions.Options;

namespace Consoles.Tests.Broker.Sessions;

/// <summary>What became of a guest is known, and its viewers told, within a second.</summary>
public sealed class GuestFateTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task It_is_known_within_a_second_whether_the_guest_runs_on_or_not(bool runs)
    {
        var clock = new TestClock();
        var directory = new ConsoleDirectory(clock, Options.Create(new NodeOptions()));
        directory.Apply(LiveBroker.Node, TestLink.Whole(1, LiveBroker.GuestReport(running: runs)));
        var learning = new GuestFate(directory, clock).LearnAsync(LiveBroker.Run, LiveBroker.Node.Name);

        // Each look is waited for, however long it takes on the machine's own clock.
        var passed = await clock.StepUntilAsync(learning, TimeSpan.FromMilliseconds(25));

        (await learning).Should().Be(runs ? SessionEnding.GuestClosed : SessionEnding.GuestStopped);
        passed.Should().BePositive(because: "a node may say a little later what it knows").And.BeLessThan(TimeSpan.FromSeconds(1));
    }
}
