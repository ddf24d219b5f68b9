using Consoles.Agent.Inventory;

namespace Consoles.Tests.Agent.Inventory;

public class ReconnectDelayTests
{
    private readonly ReconnectDelay _delay = new();

    [Fact]
    public void It_doubles_from_a_tenth_of_a_second_to_four_seconds() =>
        Enumerable.Range(0, 8).Select(_ => _delay.Next(random: 1).TotalMilliseconds).Should().Equal(100, 200, 400, 800, 1600, 3200, 4000, 4000);

    [Fact]
    public void Half_of_it_is_left_to_chance() => (_delay.Next(random: 0), _delay.Next(random: 0.5)).Should().Be((TimeSpan.FromMilliseconds(50), TimeSpan.FromMilliseconds(150)));

    [Fact]
    public void After_a_success_it_starts_anew()
    {
        _delay.Next(random: 1);
        _delay.Next(random: 1);
        _delay.Reset();

        _delay.Next(random: 1).Should().Be(TimeSpan.FromMilliseconds(100));
    }
}
