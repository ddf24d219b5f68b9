using Consoles.Broker;
using Consoles.Broker.Hosting;

namespace Consoles.Tests.Broker.Hosting;

/// <summary>No two listeners at one place.</summary>
public sealed class ListenerPlacesTests
{
    private const string Vnc = "--Viewers:Vnc:Enabled=true";
    private const string Serial = "--Viewers:Serial:Enabled=true";
    private const string Nova = "--Nova:Enabled=true";

    [Theory]
    [InlineData("Listeners:Agents:Port: Listeners:People:Port is 6080", "--Listeners:Agents:Port=6080")]
    [InlineData("Viewers:Vnc:Port: Listeners:People:Port is 6080", Vnc, "--Viewers:Vnc:Port=6080")]
    [InlineData("Viewers:Vnc:Port: Listeners:Agents:Port is 6084", Vnc, "--Viewers:Vnc:Port=6084")]
    [InlineData("Viewers:Serial:Port: Viewers:Vnc:Port is 5900", Vnc, Serial, "--Viewers:Serial:Port=5900")]
    [InlineData("Viewers:Serial:Port: Viewers:Vnc:Port is 5900", Vnc, Serial, "--Viewers:Serial:Port=5900", "--Viewers:Serial:Address=0.0.0.0")]
    [InlineData("Nova:Serial:Port: Viewers:Serial:Port is 6083", Serial, Nova, "--Viewers:Serial:Port=6083")]
    [InlineData("Nova:VncProxy2011:FlashPolicyPort: Viewers:Serial:Port is 843", Serial, Nova, "--Viewers:Serial:Port=843", "--Nova:NoVnc:Enabled=false", "--Nova:VncProxy2011:Enabled=true", "--Nova:VncProxy2011:FlashPolicy=true")]
    [InlineData("Viewers:Serial:Port: Listeners:People:Port is 6085", Serial, Nova, "--Viewers:Serial:Port=6085")]
    public void Two_listeners_at_one_place_are_refused_at_the_start_and_both_are_named(string words, params string[] settings) =>
        Faults(settings).Should().Equal($"{words} already; give one of them another port.");

    [Fact]
    public void Switched_off_at_another_address_or_at_any_free_port_they_do_not_meet() =>
        Faults(
            "--Viewers:Vnc:Port=6080", Serial, "--Viewers:Serial:Port=6080", "--Viewers:Serial:Address=127.0.0.2", "--Viewers:Telnet:Enabled=true", "--Viewers:Telnet:Port=0", Vnc, "--Viewers:Vnc:Port=0",
            "--Store:Nothing=1").Should().Equal("Store:Nothing: there is no such option.");

    [Fact]
    public void What_is_wrong_with_a_slice_hides_nothing_of_the_others_and_is_said_once() =>
        Faults(Nova, "--Nova:TokenTtl=-1", Vnc, "--Viewers:Vnc:Port=6080", "--Listeners:People:Port=6080", "--Listeners:People:Address=x").Should().HaveCount(3)
            .And.ContainSingle(fault => fault.Contains("TokenTtl", StringComparison.Ordinal))
            .And.ContainSingle(fault => fault.Contains("Listeners:People:Address", StringComparison.Ordinal))
            .And.Contain("Viewers:Vnc:Port: Listeners:People:Port is 6080 already; give one of them another port.");

    private static IReadOnlyList<string> Faults(params string[] settings) => FluentActions.Invoking(() => BrokerHost.Build(settings)).Should().Throw<SettingsException>().Which.Faults;
}
