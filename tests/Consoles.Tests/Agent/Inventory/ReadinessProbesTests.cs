using System.Collections.Concurrent;
using Consoles.Agent.Inventory;
using Consoles.Common.Inventory;
using Consoles.Common.Rfb;
using Consoles.Tests.Fakes;
using Microsoft.Extensions.Logging.Abstractions;

namespace Consoles.Tests.Agent.Inventory;

public sealed class ReadinessProbesTests : IAsyncLifetime
{
    private readonly TestClock _clock = new();
    private readonly ConcurrentQueue<Readiness> _changes = new();
    private readonly ReadinessProbes _probes;

    public ReadinessProbesTests()
    {
        _probes = new ReadinessProbes(new ReadinessProbe(_clock), _clock, NullLogger<ReadinessProbes>.Instance);
        _probes.Changed += (run, console) => _changes.Enqueue(_probes.Known(run, console)!);
    }

    public Task InitializeAsync() => _probes.StartAsync(CancellationToken.None);

    public async Task DisposeAsync()
    {
        await _probes.StopAsync(CancellationToken.None);
        _probes.Dispose();
    }

    [Fact]
    public async Task A_new_console_is_probed_at_once_and_again_within_the_jitter_of_five_minutes()
    {
        await using var server = new FakeVncServer();
        _probes.Want([(VncTargets.Run, VncTargets.Console(server.Port))]);
        await ProbedAsync(server, 1);
        await Eventually.TrueAsync(() => Known(server) is not null);
        Known(server)!.Security.Should().Be(ConsoleSecurity.None);

        _probes.Want([(VncTargets.Run, VncTargets.Console(server.Port))]);
        _clock.Advance(TimeSpan.FromSeconds(239));
        server.Accepted.Should().Be(1, because: "the same console is no news, and four minutes are the least");

        // The timer is armed for at most six minutes after the first probe.
        await AdvanceUntilAsync(() => server.Accepted == 2, TimeSpan.FromSeconds(121));
        await Eventually.TrueAsync(() => Known(server)!.ProvedAt > new TestClock().GetUtcNow());
        _changes.Should().ContainSingle(because: "the second probe found the same");
    }

    [Fact]
    public async Task A_changed_console_and_a_new_run_are_new()
    {
        await using var server = new FakeVncServer();
        var console = VncTargets.Console(server.Port);
        _probes.Want([(VncTargets.Run, console)]);
        await ProbedAsync(server, 1);

        _probes.Want([(VncTargets.Run, console with { PasswordSet = true })]);
        await ProbedAsync(server, 2);

        _probes.Want([(VncTargets.Run with { QemuPid = 78 }, console)]);
        await ProbedAsync(server, 3);
        _probes.Known(VncTargets.Run, console).Should().BeNull(because: "that run is over");
    }

    [Fact]
    public async Task What_a_handshake_found_is_no_change_of_the_console()
    {
        await using var server = new FakeVncServer();
        var console = VncTargets.Console(server.Port);
        _probes.Want([(VncTargets.Run, console)]);
        await ProbedAsync(server, 1);
        await Eventually.TrueAsync(() => Known(server) is not null);

        var found = console with { Readiness = Known(server) };
        _probes.Want([(VncTargets.Run, found)]);
        _probes.Known(VncTargets.Run, found).Should().NotBeNull();
        _clock.Advance(TimeSpan.FromSeconds(1));
        server.Accepted.Should().Be(1);
    }

    [Fact]
    public async Task After_a_rotation_every_console_is_probed_and_a_new_certificate_is_a_change()
    {
        using var pki = new TestPki();
        var before = new FakeVncServer(new FakeVncScript { Types = [RfbSecurityType.VeNCrypt], Certificate = pki.Server("node1") });
        var port = before.Port;
        _probes.Want([(VncTargets.Run, VncTargets.Console(port))]);
        await Eventually.TrueAsync(() => _changes.Count == 1);
        await before.DisposeAsync();

        await using var after = new FakeVncServer(
            new FakeVncScript { Types = [RfbSecurityType.VeNCrypt], Certificate = pki.Server("node1") }, new System.Net.IPEndPoint(System.Net.IPAddress.Loopback, port));
        _probes.ProbeAgain();
        await Eventually.TrueAsync(() => _changes.Count == 2);
        _changes.Select(change => change.Certificate!.Fingerprint).Distinct().Should().HaveCount(2);
    }

    [Fact]
    public async Task A_console_that_could_not_be_reached_is_tried_again_within_seconds()
    {
        int port;

        await using (var gone = new FakeVncServer())
        {
            port = gone.Port;
        }

        var console = VncTargets.Console(port);
        _probes.Want([(VncTargets.Run, console)]);
        await Eventually.TrueAsync(() => _probes.Known(VncTargets.Run, console)?.Security == ConsoleSecurity.Unreachable);

        await using var server = new FakeVncServer(at: new System.Net.IPEndPoint(System.Net.IPAddress.Loopback, port));
        await AdvanceUntilAsync(() => Known(server)?.Security == ConsoleSecurity.None, TimeSpan.FromSeconds(30));
    }

    [Fact]
    public async Task Two_probes_never_talk_to_one_address_at_once()
    {
        await using var server = new FakeVncServer(new FakeVncScript { StallsAt = FakeVncStep.Version });
        var console = VncTargets.Console(server.Port);
        _probes.Want([(VncTargets.Run, console)]);
        await Eventually.TrueAsync(() => server.Stalled == 1);

        // Another run of the same port, and a rotation: both wait for the one that stalls.
        _probes.Want([(VncTargets.Run with { QemuPid = 78 }, console)]);
        _probes.ProbeAgain();
        await Task.Delay(100);
        server.Accepted.Should().Be(1);

        _clock.Advance(ReadinessProbe.Limit);
        await Eventually.TrueAsync(() => server.Stalled == 2);
        server.MostOpen.Should().BeLessThanOrEqualTo(2, because: "the server may notice late that the first one left");
    }

    [Fact]
    public async Task Two_hundred_consoles_are_probed_eight_at_a_time_and_forgotten_together()
    {
        var servers = Enumerable.Range(0, 200).Select(_ => new FakeVncServer(new FakeVncScript { StallsAt = FakeVncStep.SecurityTypes })).ToList();

        try
        {
            _probes.Want(servers.Select(server => (VncTargets.Run, VncTargets.Console(server.Port))));
            await Eventually.TrueAsync(() => servers.Sum(server => server.Stalled) == ReadinessProbes.MaxAtOnce);
            await Task.Delay(100);
            servers.Sum(server => server.Accepted).Should().Be(ReadinessProbes.MaxAtOnce);

            // As far as it takes: eight more are asked only when the eight before have been given up.
            await Eventually.TrueAsync(
                () =>
                {
                    _clock.Advance(ReadinessProbe.Limit);
                    return servers.TrueForAll(server => server.Accepted >= 1);
                },
                TimeSpan.FromSeconds(120));
            servers.Should().OnlyContain(server => server.MostOpen <= 2);

            _probes.Want([]);
            servers.Should().OnlyContain(server => Known(server) == null);
        }
        finally
        {
            await Task.WhenAll(servers.Select(server => server.DisposeAsync().AsTask()));
        }
    }

    [Fact]
    public async Task Only_VNC_consoles_are_watched()
    {
        await using var server = new FakeVncServer();
        var spice = VncTargets.Console(server.Port) with { Kind = ConsoleKind.Spice, Name = "spice0" };
        _probes.Want([(VncTargets.Run, spice), (VncTargets.Run, VncTargets.Console(server.Port))]);
        await ProbedAsync(server, 1);
        _probes.Known(VncTargets.Run, spice).Should().BeNull();
    }

    [Fact]
    public async Task Somebody_who_waits_gets_the_answer_for_all_at_once()
    {
        await using var open = new FakeVncServer();
        await using var password = new FakeVncServer(new FakeVncScript { Types = [RfbSecurityType.VncAuthentication] });
        var spice = VncTargets.Console(1) with { Kind = ConsoleKind.Spice };

        var found = await _probes.ProbeAllAsync(
            [(VncTargets.Run, VncTargets.Console(open.Port)), (VncTargets.Run, VncTargets.Console(password.Port)), (VncTargets.Run, spice)], CancellationToken.None);

        found.Values.Select(readiness => readiness.Security).Should().BeEquivalentTo([ConsoleSecurity.None, ConsoleSecurity.Password]);
    }

    [Fact]
    public async Task Stopping_does_not_wait_for_a_console_that_stalls()
    {
        await using var server = new FakeVncServer(new FakeVncScript { StallsAt = FakeVncStep.Version });
        _probes.Want([(VncTargets.Run, VncTargets.Console(server.Port))]);
        await Eventually.TrueAsync(() => server.Stalled == 1);
        await _probes.StopAsync(CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(10));
        Known(server).Should().BeNull();
    }

    private Readiness? Known(FakeVncServer server) => _probes.Known(VncTargets.Run, VncTargets.Console(server.Port));

    private static Task ProbedAsync(FakeVncServer server, int times) => Eventually.TrueAsync(() => server.Accepted == times && server.Open == 0);

    // The loop under test arms its timer in real time, so the clock goes on in steps.
    private async Task AdvanceUntilAsync(Func<bool> reached, TimeSpan limit)
    {
        var by = TimeSpan.FromSeconds(1);

        for (var advanced = TimeSpan.Zero; advanced < limit && !reached(); advanced += by)
        {
            _clock.Advance(by);
            await Task.Delay(5);
        }

        await Eventually.TrueAsync(reached);
    }
}
