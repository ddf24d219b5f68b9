using Consoles.Broker.Nodes;
using Consoles.Tests.Fakes;

namespace Consoles.Tests.Broker.Nodes;

public sealed class NodeRegistryTests
{
    [Fact]
    public async Task An_agent_that_waited_with_its_hello_does_not_outlive_its_enrolment()
    {
        await using var broker = await TestBroker.StartAsync();
        var nodes = broker.Get<NodeRegistry>();
        using var agent = await TestAgent.EnrolAsync(broker);
        var judged = nodes.Find("node1")!.EnrolledAt;
        nodes.TakeEpoch("node1", 5, judged).Should().BeTrue();
        nodes.TakeEpoch("node1", 5, judged).Should().BeTrue(because: "the same agent comes back");
        nodes.TakeEpoch("node1", 4, judged).Should().BeFalse(because: "a later one speaks for the node");

        nodes.TakeEpoch("node1", long.MaxValue, judged - TimeSpan.FromSeconds(1)).Should().BeFalse(because: "it was judged under an earlier enrolment");
        nodes.Remove("node1").Should().BeTrue();
        nodes.TakeEpoch("node1", 6, judged).Should().BeFalse(because: "the node was removed");
    }
}
