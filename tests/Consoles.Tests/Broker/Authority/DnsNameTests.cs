using Consoles.Broker.Authority;

namespace Consoles.Tests.Broker.Authority;

public class DnsNameTests
{
    [Theory]
    [InlineData("n", true)]
    [InlineData("node1", true)]
    [InlineData("node-1.rack2.example", true)]
    [InlineData("", false)]
    [InlineData("-node", false)]
    [InlineData("node-", false)]
    [InlineData("node.", false)]
    [InlineData("Node1", false)]
    [InlineData("node_1", false)]
    [InlineData("node 1", false)]
    [InlineData("node1\n", false)]
    [InlineData("node1,node2", false)]
    [InlineData("nöde", false)]
    [InlineData("../../etc", false)]
    [InlineData(null, false)]
    public void A_name_follows_the_one_grammar(string? name, bool valid) => DnsName.IsValid(name).Should().Be(valid);

    [Theory]
    [InlineData(253, true)]
    [InlineData(254, false)]
    public void A_name_is_no_longer_than_dns_allows(int length, bool valid) => DnsName.IsValid(new string('a', length)).Should().Be(valid);
}
