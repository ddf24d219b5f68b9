using Consoles.Broker.Hosting;

namespace Consoles.Tests.Broker.Hosting;

public class DescriptorBudgetTests
{
    [Theory]
    [InlineData(328)]
    [InlineData(1024)]
    [InlineData(2000)]
    [InlineData(20_000)]
    [InlineData(1_000_000)]
    public void All_that_may_be_open_at_once_is_fewer_than_the_descriptors(long openFiles)
    {
        var budget = new DescriptorBudget(openFiles);

        ((2L * budget.Sessions) + budget.Links + (2L * budget.Connections)).Should().BeLessThan(openFiles - 150);
        budget.Sessions.Should().BePositive();
        budget.Links.Should().BePositive();
        budget.Connections.Should().BePositive();
    }

    [Fact]
    public void Too_few_descriptors_are_refused_in_words() =>
        FluentActions.Invoking(() => new DescriptorBudget(256)).Should().Throw<StartException>().WithMessage("*256*LimitNOFILE*");

    [Fact]
    public void The_soft_limit_is_raised_to_the_hard_one() => Posix.RaiseOpenFiles().Should().BePositive();
}
