using Consoles.Agent.Inventory;

namespace Consoles.Tests.Agent.Inventory;

public class CheckedValueTests
{
    [Theory]
    [InlineData("00")]
    [InlineData("65536")]
    [InlineData("-2")]
    [InlineData("x")]
    public void What_is_no_port_is_refused(string value) =>
        FluentActions.Invoking(() => CheckedValue.Port("a port", value)).Should().Throw<DomainXmlException>();

    [Fact]
    public void An_alias_is_no_longer_than_a_broker_takes()
    {
        CheckedValue.Of("an alias", new string('a', 64), CheckedValue.MaxAlias).Should().HaveLength(64);
        FluentActions.Invoking(() => CheckedValue.Of("an alias", new string('a', 65), CheckedValue.MaxAlias)).Should().Throw<DomainXmlException>();
    }
}
