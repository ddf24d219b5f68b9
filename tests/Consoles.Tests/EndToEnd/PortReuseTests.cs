using System.Net.WebSockets;

namespace Consoles.Tests.EndToEnd;

/// <summary>CVE-2013-0335 was a token that named a port, which another guest had by then.</summary>
public sealed class PortReuseTests
{
    private const int Cycles = 200;

    [Fact]
    public async Task A_token_of_one_guest_never_shows_another_that_took_over_its_port()
    {
        await using var libvirt = await LibvirtHost.StartNewAsync();
        // As fast as the guests come and go, however slow that is; the limits on guessing, on issuing and on a ticket's life have tests of their own.
        await using var fleet = await Fleet.StartAsync(libvirt, "node1", "--Access:FailureLimit=1000", "--Tokens:IssuedPerMinute=1000", "--Sessions:TicketLifetime=00:01:00", "--Routes:Default=Direct");
        var port = libvirt.NextPort();
        string[] names = ["alpha", "beta"];
        var outcomes = new Dictionary<string, int>(StringComparer.Ordinal);

        await libvirt.StartAsync(GuestXml.Firmware(names[0]).Vnc(port));
        var (run, _) = await fleet.WaitForConsoleAsync(names[0], reached: true);

        for (var cycle = 0; cycle < Cycles; cycle++)
        {
            var (mine, next) = (names[cycle % 2], names[(cycle + 1) % 2]);
            var (_, secret) = await fleet.IssueTokenAsync(mine);

            // Some tokens are redeemed before the swap and open their channel after it: the address was right when it was looked up.
            var early = cycle % 2 == 0 ? await fleet.RedeemAsync(secret) : null;

            await libvirt.DestroyAsync(mine);
            await libvirt.StartAsync(GuestXml.Firmware(next).Vnc(port));

            // No wait for the agent's report: the race is the point.
            var redeemed = early ?? await fleet.RedeemAsync(secret);
            var outcome = "refused";

            if (redeemed is { } ticket)
            {
                using var viewer = new ViewerOfChannel(await fleet.OpenChannelAsync(ticket));
                (await viewer.HandshakeAsync()).Should().BeNull(because: $"cycle {cycle}: {next} listens where {mine} did");
                (await viewer.DrainAsync()).Should().Be(0);
                outcome = $"closed {(int?)viewer.Code}";
                viewer.Code.Should().NotBe(WebSocketCloseStatus.NormalClosure);
            }

            outcomes[outcome] = outcomes.GetValueOrDefault(outcome) + 1;
            (run, _) = await fleet.WaitForConsoleAsync(next, other: run, reached: true);
        }

        outcomes.Values.Sum().Should().Be(Cycles, because: string.Join(", ", outcomes));
    }
}
