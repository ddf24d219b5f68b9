using System.Net;
using Consoles.Broker.Nodes;
using Consoles.Broker.Sessions;
using Consoles.Common.Inventory;

namespace Consoles.Tests.Broker.Sessions;

public sealed class DialAddressTests
{
    [Theory]
    [InlineData("10.0.0.1", "10.0.0.1", "10.0.0.1")]
    [InlineData("10.0.0.2", "10.0.0.1,10.0.0.2", "10.0.0.2")]
    [InlineData("::ffff:10.0.0.1", "10.0.0.1", "10.0.0.1")]
    [InlineData("10.0.0.1", "::ffff:10.0.0.1", "10.0.0.1")]
    [InlineData("0.0.0.0", "10.0.0.1,10.0.0.2", "10.0.0.1")]
    [InlineData("0.0.0.0", "fd00::1,10.0.0.1", "10.0.0.1")]
    [InlineData("::", "fd00::1,10.0.0.1", "fd00::1")]
    [InlineData("::", "10.0.0.1", "10.0.0.1")]
    [InlineData("127.0.0.1", "127.0.0.1", "127.0.0.1")]
    [InlineData("127.0.0.5", "127.0.0.1", "127.0.0.5")]
    [InlineData("::1", "127.0.0.1", "::1")]
    [InlineData("0.0.0.0", "127.0.0.1", "127.0.0.1")]
    public void A_console_is_dialled_at_an_address_of_its_node(string listens, string addresses, string dialled) =>
        DialAddress.Of(Console(listens), Node(addresses)).Should().Be(new IPEndPoint(IPAddress.Parse(dialled), 5901));

    [Theory]
    [InlineData("10.0.0.9", "10.0.0.1", "*not an address of node node1*")]
    [InlineData("169.254.169.254", "10.0.0.1", "*not an address of node node1*")]
    [InlineData("127.0.0.1", "10.0.0.1", "*another machine*")]
    [InlineData("::1", "10.0.0.1", "*another machine*")]
    [InlineData("::ffff:127.0.0.1", "10.0.0.1", "*another machine*")]
    [InlineData("127.0.0.1", "127.0.0.1,10.0.0.1", "*another machine*")]
    [InlineData("127.0.0.1", "", "*another machine*")]
    [InlineData("0.0.0.0", "", "*none is known*")]
    [InlineData("0.0.0.0", "fd00::1", "*none is known*")]
    [InlineData("metadata.example", "10.0.0.1", "*name and not at an address*")]
    [InlineData(null, "10.0.0.1", "*listens at no address*")]
    public void No_report_leads_anywhere_else(string? listens, string addresses, string words) =>
        FluentActions.Invoking(() => DialAddress.Of(Console(listens), Node(addresses)))
            .Should().Throw<GuestException>().WithMessage(words).Which.Failure.Should().Be(GuestFailure.Unreachable);

    [Fact]
    public void A_console_without_a_TCP_port_is_not_dialled()
    {
        foreach (var console in new[]
        {
            Console("10.0.0.1") with { Port = null },
            Console("10.0.0.1") with { Port = 0 },
            Console("10.0.0.1") with { Port = 65536 },
            Console("10.0.0.1") with { Transport = ConsoleTransport.Unix, Path = "/run/vnc.sock" },
        })
        {
            FluentActions.Invoking(() => DialAddress.Of(console, Node("10.0.0.1"))).Should().Throw<GuestException>().WithMessage("*no TCP port*");
        }
    }

    private static NodeIdentity Node(string addresses) =>
        new("node1", [.. addresses.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(IPAddress.Parse)]);

    private static ConsoleEndpoint Console(string? listens) =>
        new() { Kind = ConsoleKind.Vnc, Name = "vnc0", Transport = ConsoleTransport.Tcp, Host = listens, Port = 5901 };
}
