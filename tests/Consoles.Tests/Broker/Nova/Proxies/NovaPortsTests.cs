using Consoles.Broker;
using Consoles.Broker.Hosting;
using Consoles.Tests.Fakes;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.DependencyInjection;

namespace Consoles.Tests.Broker.Nova.Proxies;

/// <summary>Which port is whose.</summary>
public sealed class NovaPortsTests
{
    private const string On = "--Nova:Enabled=true";

    [Theory]
    [InlineData(6080, "--Nova:Enabled=false")]
    [InlineData(6085, On)]
    [InlineData(6080, On, "--Nova:NoVnc:Port=7000")]
    [InlineData(6080, On, "--Nova:NoVnc:Enabled=false")]
    [InlineData(6085, On, "--Nova:NoVnc:Enabled=false", "--Nova:VncProxy2011:Enabled=true")]
    [InlineData(7001, On, "--Listeners:People:Port=7001")]
    public async Task NV_01_people_give_way_to_noVNC_unless_their_port_was_said(int people, params string[] settings)
    {
        using var state = new TempDirectory();
        await using var broker = BrokerHost.Build([$"--Store:Directory={state.Path}", .. settings]);
        broker.Services.GetRequiredService<IOptions<ListenersOptions>>().Value.People.Port.Should().Be(people);
    }

    [Theory]
    [InlineData("Listeners:People:Port", On, "--Listeners:People:Port=6080")]
    [InlineData("Nova:Serial:Port", On, "--Nova:Serial:Port=6082")]
    [InlineData("Nova:VncProxy2011:Port", On, "--Nova:VncProxy2011:Enabled=true")]
    [InlineData("Listeners:Agents:Port", On, "--Nova:Serial:Port=6084")]
    public void Two_listeners_at_one_port_are_refused_by_name(string setting, params string[] settings) =>
        FluentActions.Invoking(() => BrokerHost.Build(settings)).Should().Throw<SettingsException>().WithMessage($"*{setting}*");

    [Fact]
    public async Task FQ_07_each_kind_can_be_the_only_one()
    {
        foreach (var only in new[] { "NoVnc", "Spice", "Serial" })
        {
            var others = new[] { "NoVnc", "Spice", "Serial" }.Where(name => name != only).Select(name => $"--Nova:{name}:Enabled=false");
            await using var nova = await NovaBroker.StartAsync([.. others]);
            new[] { nova.Listeners.NoVnc.IsOn, nova.Listeners.Spice.IsOn, nova.Listeners.Serial.IsOn }
                .Should().Equal(only == "NoVnc", only == "Spice", only == "Serial");
        }
    }
}
