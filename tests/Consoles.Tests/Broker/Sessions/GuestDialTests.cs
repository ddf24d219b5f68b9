using System.Net;
using Consoles.Broker.Nodes;
using Consoles.Broker.Sessions;
using Consoles.Common.Inventory;
using Consoles.Tests.Fakes;

namespace Consoles.Tests.Broker.Sessions;

/// <summary>A port that a node closes while it renews its certificate is dialled again; one that is closed for good is not.</summary>
public sealed class GuestDialTests
{
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(100);

    private readonly TestClock _clock = new();
    private int _refused;

    [Theory]
    [InlineData("vnc0")]
    [InlineData("serial0")]
    public async Task A_port_that_is_closed_for_a_moment_is_dialled_again_without_standing_in_the_way_of_a_hold(string console)
    {
        using var closed = Loopback.Nobody(out var port);
        var holds = new HandshakeHolds(_clock);
        var target = At(port, console == "serial0" ? Serial(port, tls: true) : null);
        var opening = OpenAsync(target, Reported(target), holds);
        await Eventually.TrueAsync(() => _refused == 1 && _clock.Waiting == 1);

        (await holds.HoldAsync(new HeldConsole("node1", VncTargets.Run, console), CancellationToken.None)).Should().BeTrue();
        holds.Release(new HeldConsole("node1", VncTargets.Run, console));
        closed.Listen();
        await _clock.StepUntilAsync(opening, Step);

        var (handshake, stream) = await opening;
        _refused.Should().Be(1);
        handshake.Dispose();
        await stream.DisposeAsync();
    }

    [Fact]
    public async Task A_port_that_stays_closed_is_given_up()
    {
        using var closed = Loopback.Nobody(out var port);
        var opening = OpenAsync(At(port), Reported(At(port)));

        var passed = await _clock.StepUntilAsync(opening, Step);

        await RefusedAsync(opening);
        passed.Should().BeCloseTo(GuestDial.ClosedLimit, TimeSpan.FromMilliseconds(200));
    }

    [Theory]
    [InlineData("nobody looks after certificates")]
    [InlineData("the run is over")]
    [InlineData("the node is unknown")]
    [InlineData("it has no certificate")]
    public async Task A_port_that_nobody_will_open_is_dialled_once(string why)
    {
        using var closed = Loopback.Nobody(out var port);
        var target = At(port, why == "it has no certificate" ? Serial(port, tls: false) : null);

        await RefusedAsync(OpenAsync(target, why switch
        {
            "nobody looks after certificates" => Reported(target, certificates: false),
            "the run is over" => Reported(target, run: VncTargets.Run with { QemuPid = 78 }),
            "the node is unknown" => VncTargets.Directory(_clock),
            _ => Reported(target),
        }));

        _refused.Should().Be(1);
    }

    private static async Task RefusedAsync(Task opening) =>
        (await FluentActions.Awaiting(() => opening.WaitAsync(TimeSpan.FromSeconds(60))).Should().ThrowAsync<GuestException>().WithMessage("*Connection refused*")).Which.Failure.Should().Be(GuestFailure.Unreachable);

    private static ConsoleEndpoint Serial(int port, bool tls) => VncTargets.Console(port) with { Kind = ConsoleKind.Serial, Name = "serial0", Tls = tls };

    private static ConsoleTarget At(int port, ConsoleEndpoint? endpoint = null) => VncTargets.At(port) with { Endpoint = endpoint ?? VncTargets.Console(port) };

    private Task<(IDisposable Handshake, Stream Way)> OpenAsync(ConsoleTarget target, ConsoleDirectory directory, HandshakeHolds? holds = null) =>
        VncTargets.Dial(directory, _clock, holds).OpenAsync(target, VncTargets.Run, token => DialAsync(target.Endpoint.Port!.Value, token), step: null, CancellationToken.None);

    private async Task<Stream> DialAsync(int port, CancellationToken cancellationToken)
    {
        try
        {
            return await GuestRoutes.DialAsync(new IPEndPoint(IPAddress.Loopback, port), cancellationToken);
        }
        catch (GuestException)
        {
            Interlocked.Increment(ref _refused);
            throw;
        }
    }

    private ConsoleDirectory Reported(ConsoleTarget target, bool certificates = true, Incarnation? run = null)
    {
        var directory = VncTargets.Directory(_clock);
        var domain = target.Domain with { Incarnation = run ?? VncTargets.Run, Consoles = [target.Endpoint] };
        directory.Apply(target.Node, TestLink.Whole(1, domain) with { Certificates = certificates ? new NodeCertificates() : null });
        return directory;
    }
}
