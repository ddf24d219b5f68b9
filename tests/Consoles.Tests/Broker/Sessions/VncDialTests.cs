using Consoles.Broker.Nodes;
using Consoles.Broker.Sessions;
using Consoles.Common.Inventory;
using Consoles.Tests.Fakes;

namespace Consoles.Tests.Broker.Sessions;

/// <summary>A port that a node closes while it renews its certificate is dialled again; one that is closed for good is not.</summary>
public sealed class VncDialTests
{
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(100);

    private readonly TestClock _clock = new();

    [Fact]
    public async Task A_port_that_is_closed_for_a_moment_is_dialled_again_without_standing_in_the_way_of_a_hold()
    {
        using var closed = Loopback.Nobody(out var port);
        var holds = new HandshakeHolds(_clock);
        var routes = new CountedRoutes();
        var opening = OpenAsync(routes, port, Reported(port), holds);
        await Eventually.TrueAsync(() => routes.Refused == 1 && _clock.Waiting == 1);

        (await holds.HoldAsync(new HeldConsole("node1", VncTargets.Run, "vnc0"), CancellationToken.None)).Should().BeTrue();
        holds.Release(new HeldConsole("node1", VncTargets.Run, "vnc0"));
        closed.Listen();
        await _clock.StepUntilAsync(opening, Step);

        var (handshake, route) = await opening;
        routes.Refused.Should().Be(1);
        handshake.Dispose();
        await route.Stream.DisposeAsync();
    }

    [Fact]
    public async Task A_port_that_stays_closed_is_given_up()
    {
        using var closed = Loopback.Nobody(out var port);
        var opening = OpenAsync(new CountedRoutes(), port, Reported(port));

        var passed = await _clock.StepUntilAsync(opening, Step);

        await RefusedAsync(opening);
        passed.Should().BeCloseTo(VncDial.ClosedLimit, TimeSpan.FromMilliseconds(200));
    }

    [Theory]
    [InlineData("nobody looks after certificates")]
    [InlineData("the run is over")]
    [InlineData("the node is unknown")]
    public async Task A_port_that_nobody_will_open_is_dialled_once(string why)
    {
        using var closed = Loopback.Nobody(out var port);
        var routes = new CountedRoutes();

        await RefusedAsync(OpenAsync(routes, port, why switch
        {
            "nobody looks after certificates" => Reported(port, certificates: false),
            "the run is over" => Reported(port, run: VncTargets.Run with { QemuPid = 78 }),
            _ => VncTargets.Directory(_clock),
        }));

        routes.Refused.Should().Be(1);
    }

    private static async Task RefusedAsync(Task opening) =>
        (await FluentActions.Awaiting(() => opening.WaitAsync(TimeSpan.FromSeconds(60))).Should().ThrowAsync<GuestException>().WithMessage("*Connection refused*")).Which.Failure.Should().Be(GuestFailure.Unreachable);

    private Task<(IDisposable Handshake, GuestRoute Route)> OpenAsync(CountedRoutes routes, int port, ConsoleDirectory directory, HandshakeHolds? holds = null) =>
        VncTargets.Dial(routes, directory, _clock, holds).OpenAsync(VncTargets.At(port), VncTargets.Run, _ => { }, CancellationToken.None);

    private ConsoleDirectory Reported(int port, bool certificates = true, Incarnation? run = null)
    {
        var directory = VncTargets.Directory(_clock);
        var target = VncTargets.At(port);
        var domain = target.Domain with { Incarnation = run ?? VncTargets.Run, Consoles = [target.Endpoint] };
        directory.Apply(target.Node, TestLink.Whole(1, domain) with { Certificates = certificates ? new NodeCertificates() : null });
        return directory;
    }

    /// <summary>The real ones, whose refusals are counted.</summary>
    private sealed class CountedRoutes : IGuestRoutes
    {
        private readonly GuestRoutes _routes = VncTargets.Routes(new VncTargets.NoAgents());

        public int Refused { get; private set; }

        public async Task<GuestRoute> OpenAsync(ConsoleTarget target, GuestDoor door, CancellationToken cancellationToken)
        {
            try
            {
                return await _routes.OpenAsync(target, door, cancellationToken);
            }
            catch (GuestException)
            {
                Refused++;
                throw;
            }
        }
    }
}
