using System.Net;
using System.Net.Http.Json;
using Consoles.Broker.Nodes;
using Consoles.Broker.Sessions;
using Consoles.Common.Inventory;
using Consoles.Common.Link;
using Consoles.Tests.Fakes;
using Microsoft.Extensions.DependencyInjection;

namespace Consoles.Tests.Broker.Nodes;

public sealed class HandshakeHoldsTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    private readonly TestClock _clock = new();
    private readonly HeldConsole _vnc = new("node1", VncTargets.Run, "vnc0");

    [Fact]
    public async Task A_hold_waits_for_the_handshake_that_is_under_way_and_the_next_one_waits_for_its_end()
    {
        var holds = new HandshakeHolds(_clock);
        var first = await EnterAsync(holds);

        var hold = holds.HoldAsync(_vnc, CancellationToken.None);
        var second = holds.EnterAsync(_vnc, CancellationToken.None);
        hold.IsCompleted.Should().BeFalse();
        first.Dispose();

        (await hold.WaitAsync(Limit)).Should().BeTrue();
        second.IsCompleted.Should().BeFalse();
        holds.Release(_vnc);
        (await second.WaitAsync(Limit)).Dispose();
    }

    [Fact]
    public async Task A_hold_that_nobody_releases_ends_by_itself()
    {
        var holds = new HandshakeHolds(_clock);
        (await holds.HoldAsync(_vnc, CancellationToken.None)).Should().BeTrue();
        var entering = holds.EnterAsync(_vnc, CancellationToken.None);
        entering.IsCompleted.Should().BeFalse();

        _clock.Advance(HandshakeHolds.Limit);

        (await entering.WaitAsync(Limit)).Dispose();
    }

    [Fact]
    public async Task A_handshake_that_stays_ends_the_hold_and_those_who_wait_go_on()
    {
        var holds = new HandshakeHolds(_clock);
        using var stays = await EnterAsync(holds);
        var hold = holds.HoldAsync(_vnc, CancellationToken.None);
        var entering = holds.EnterAsync(_vnc, CancellationToken.None);

        _clock.Advance(HandshakeHolds.Limit);

        (await hold.WaitAsync(Limit)).Should().BeFalse();
        (await entering.WaitAsync(Limit)).Dispose();
    }

    [Fact]
    public async Task A_handshake_that_ends_too_late_for_a_reload_is_no_hold()
    {
        var holds = new HandshakeHolds(_clock);
        var first = await EnterAsync(holds);
        var hold = holds.HoldAsync(_vnc, CancellationToken.None);

        _clock.Advance(HandshakeHolds.Limit - HandshakeHolds.Reload + TimeSpan.FromMilliseconds(1));
        first.Dispose();

        (await hold.WaitAsync(Limit)).Should().BeFalse();
        (await EnterAsync(holds)).Dispose();
    }

    [Fact]
    public async Task Another_console_and_another_run_are_not_held()
    {
        var holds = new HandshakeHolds(_clock);
        (await holds.HoldAsync(_vnc, CancellationToken.None)).Should().BeTrue();

        (await holds.EnterAsync(_vnc with { Console = "serial0" }, CancellationToken.None).WaitAsync(Limit)).Dispose();
        (await holds.EnterAsync(_vnc with { Run = _vnc.Run with { StartTicks = 1 } }, CancellationToken.None).WaitAsync(Limit)).Dispose();
    }

    [Fact]
    public async Task An_agent_holds_the_consoles_of_its_own_node_and_no_others()
    {
        await using var broker = await TestBroker.StartAsync();
        using var one = await TestAgent.EnrolAsync(broker, "node1");
        using var two = await TestAgent.EnrolAsync(broker, "node2");
        using var link = await one.LinkAsync();
        var web = TestDomains.Running("web1") with { Consoles = [VncTargets.Console(5900)] };
        await link.ReportAsync(web);
        var request = new HoldRequest(web.Incarnation!, "vnc0");

        (await PostAsync(two, request)).Should().Be(HttpStatusCode.Forbidden);
        (await PostAsync(one, request with { Console = "vnc7" })).Should().Be(HttpStatusCode.Forbidden);
        (await PostAsync(one, request)).Should().Be(HttpStatusCode.NoContent);

        var entering = broker.Get<HandshakeHolds>().EnterAsync(new HeldConsole("node1", web.Incarnation!, "vnc0"), CancellationToken.None);
        (await PostAsync(one, request with { Release = true })).Should().Be(HttpStatusCode.NoContent);
        using var inside = await entering.WaitAsync(Limit);
        (await PostAsync(one, request)).Should().Be(HttpStatusCode.Conflict);
    }

    [Fact]
    public async Task A_node_that_claims_anothers_run_holds_and_releases_nothing_of_it()
    {
        // Its clock stands still, so that no hold ends by itself.
        await using var broker = await TestBroker.StartAsync(builder => builder.Services.AddSingleton<TimeProvider>(TestClock.OfMachine()));
        using var one = await TestAgent.EnrolAsync(broker, "node1");
        using var liar = await TestAgent.EnrolAsync(broker, "node2");
        using var link = await one.LinkAsync();
        using var other = await liar.LinkAsync();
        var web = TestDomains.Running("web1") with { Consoles = [VncTargets.Console(5900)] };
        await link.ReportAsync(web);
        await other.ReportAsync(web);
        var (request, vnc) = (new HoldRequest(web.Incarnation!, "vnc0"), new HeldConsole("node1", web.Incarnation!, "vnc0"));
        var holds = broker.Get<HandshakeHolds>();

        (await PostAsync(liar, request)).Should().Be(HttpStatusCode.NoContent);
        var entering = holds.EnterAsync(vnc, CancellationToken.None);
        entering.IsCompleted.Should().BeTrue();
        (await entering).Dispose();

        (await holds.HoldAsync(vnc, CancellationToken.None)).Should().BeTrue();
        var held = holds.EnterAsync(vnc, CancellationToken.None);
        (await PostAsync(liar, request with { Release = true })).Should().Be(HttpStatusCode.NoContent);
        held.IsCompleted.Should().BeFalse();
        holds.Release(vnc);
        (await held.WaitAsync(Limit)).Dispose();
    }

    [Fact]
    public async Task A_connection_to_the_guest_begins_when_the_hold_is_over_and_is_in_until_its_handshake_is_done()
    {
        using var pki = new TestPki();
        await using var guest = new FakeVncServer();
        var holds = new HandshakeHolds(_clock);
        var connector = VncTargets.Connector(pki.Trust(), allowPlain: true, holds: holds);
        (await holds.HoldAsync(_vnc, CancellationToken.None)).Should().BeTrue();

        var connecting = connector.ConnectAsync(VncTargets.At(guest.Port), CancellationToken.None);

        // One that nobody holds, begun later, is through by the time that this is looked at.
        await using (await VncTargets.Connector(pki.Trust(), allowPlain: true).ConnectAsync(VncTargets.At(guest.Port), CancellationToken.None).WaitAsync(Limit))
        {
            connecting.IsCompleted.Should().BeFalse();
            guest.Accepted.Should().Be(1);
        }

        holds.Release(_vnc);

        await using var end = await connecting.WaitAsync(Limit);
        (await holds.HoldAsync(_vnc, CancellationToken.None)).Should().BeTrue();
    }

    private async Task<IDisposable> EnterAsync(HandshakeHolds holds) =>
        await holds.EnterAsync(_vnc, CancellationToken.None).WaitAsync(Limit);

    private static async Task<HttpStatusCode> PostAsync(TestAgent agent, HoldRequest request)
    {
        using var client = agent.CreateClient();
        using var response = await client.PostAsJsonAsync(LinkPaths.Hold, request, LinkJson.Default.HoldRequest);
        return response.StatusCode;
    }
}
