using System.Net.WebSockets;
using Consoles.Broker.Access;
using Consoles.Broker.Nova.Proxies;
using Consoles.Broker.Tokens;
using Consoles.Common.Inventory;
using Consoles.Tests.Fakes;

namespace Consoles.Tests.EndToEnd;

/// <summary>CVE-2014-8750 was a race for ports: of guests that started at one moment, one got the console of another.</summary>
public sealed class ManyGuestsTests
{
    private const int Guests = 50;

    [Fact]
    public async Task CVE_2014_8750_of_fifty_guests_that_start_at_once_each_token_opens_its_own()
    {
        await using var libvirt = await LibvirtHost.StartNewAsync();
        await using var fleet = await Fleet.StartAsync(
            libvirt, "node1", "--Routes:Default=Direct", "--Nova:Enabled=true", "--Nova:Api:Enabled=false", "--Nova:NoVnc:Address=127.0.0.1", "--Nova:NoVnc:Port=0", "--Nova:Spice:Enabled=false", "--Nova:Serial:Enabled=false");
        var names = Enumerable.Range(0, Guests).Select(i => $"rush{i:00}").ToList();

        // All at once: libvirt chooses the ports, and the agent reports while they start.
        await Task.WhenAll(names.Select(name => libvirt.StartAsync(GuestXml.Firmware(name).Vnc())));
        var found = new List<(string Name, Incarnation Run, int Port)>();

        foreach (var name in names)
        {
            var (run, console) = await fleet.WaitForConsoleAsync(name);
            found.Add((name, run, console.Port!.Value));
        }

        found.Select(guest => guest.Port).Should().OnlyHaveUniqueItems();

        await Parallel.ForEachAsync(found, new ParallelOptions { MaxDegreeOfParallelism = 10 }, async (guest, _) =>
        {
            var wish = new ConsoleWish(new Caller("ada", "key", ApiRole.Operator), guest.Run, guest.Name, "vnc0", ConsoleKind.Vnc, ConsoleRights.Control, TimeSpan.FromMinutes(10), TokenUse.UntilExpiry);
            var token = fleet.Broker.Get<ConsoleTokens>().Issue(wish).Token.Reveal();
            var socket = new ClientWebSocket();
            using var viewer = new ViewerOfChannel(socket);
            await socket.ConnectAsync(new Uri($"ws://127.0.0.1:{fleet.Broker.Get<ProxyListeners>().NoVnc.EndPoint.Port}/?token={token}"), CancellationToken.None);

            // The name is what QEMU itself says of its guest.
            (await viewer.HandshakeAsync()).Should().Be($"QEMU ({guest.Name})");
            (await viewer.FirstUpdateAsync()).Should().BePositive();
        });
    }
}
