using System.Diagnostics;
using Consoles.Agent.Inventory;
using Consoles.Agent.Libvirt;
using Consoles.Common.Inventory;
using Microsoft.Extensions.Options;

namespace Consoles.Tests.EndToEnd;

/// <summary>The daemon goes away, the agent does not.</summary>
public sealed class LibvirtOutageTests : IAsyncLifetime
{
    // The agent's own limit would be ten seconds of each test.
    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan Resync = TimeSpan.FromSeconds(5);

    // Keepalive gives up after four intervals of five seconds.
    private static readonly TimeSpan Notice = TimeSpan.FromSeconds(60);

    private readonly LibvirtHost _host = new();

    public Task InitializeAsync() => _host.InitializeAsync();

    public async Task DisposeAsync() => await _host.DisposeAsync();

    [Fact]
    public async Task A_daemon_that_is_killed_is_missed_at_once_and_known_again_within_five_seconds()
    {
        await _host.StartAsync(GuestXml.Firmware("survivor").Vnc());
        await using var node = await NodeUnderTest.StartAsync(_host.Uri, CallTimeout);
        // Probed as well: a readiness that is found meanwhile would be news.
        var before = await node.UntilAsync(
            "survivor", domain => domain.Refusal is null && domain.Consoles[0].Readiness is { Security: not ConsoleSecurity.Unreachable });

        await _host.KillDaemonAsync();

        var without = await node.UntilAsync(snapshot => !snapshot.Libvirt.Connected);
        without.Libvirt.Reason.Should().NotBeNullOrEmpty();
        node.Domain("survivor").Should().BeEquivalentTo(before, because: "the guest runs on, and was last known so");
        await node.UntilAsync(snapshot => snapshot.Libvirt.Reason!.Contains("libvirt error 38", StringComparison.Ordinal));

        await _host.StartDaemonAsync();
        var watch = Stopwatch.StartNew();

        await node.UntilAsync(snapshot => snapshot.Libvirt.Connected);
        watch.Elapsed.Should().BeLessThan(Resync);
        node.Domain("survivor")!.Incarnation.Should().Be(before.Incarnation);

        await _host.StartAsync(GuestXml.Firmware("newcomer").Vnc());
        await node.UntilAsync("newcomer");
    }

    [Fact]
    public async Task What_happened_while_the_daemon_was_away_is_known_after_its_return()
    {
        await _host.StartAsync(GuestXml.Firmware("victim").Vnc());
        await using var node = await NodeUnderTest.StartAsync(_host.Uri, CallTimeout);
        await node.UntilAsync("victim");

        await _host.StopDaemonAsync();
        await node.UntilAsync(snapshot => !snapshot.Libvirt.Connected);
        await _host.SignalGuestAsync("victim", "KILL");
        await _host.StartDaemonAsync();

        await node.UntilAsync(snapshot => snapshot.Libvirt.Connected && snapshot.Domains.Count == 0, Resync);
    }

    [Fact]
    public async Task A_daemon_that_is_stopped_is_told_and_known_again_within_five_seconds_of_its_return()
    {
        await _host.StartAsync(GuestXml.Firmware("survivor").Vnc());
        await using var node = await NodeUnderTest.StartAsync(_host.Uri, CallTimeout);
        var before = await node.UntilAsync("survivor");

        await _host.SuspendDaemonAsync();

        await node.UntilAsync(snapshot => !snapshot.Libvirt.Connected, Notice);
        await node.UntilAsync(snapshot => snapshot.Libvirt.Reason!.Contains("has not answered for 2 s", StringComparison.Ordinal), Notice);
        node.Domain("survivor").Should().NotBeNull();

        await _host.ContinueDaemonAsync();

        await node.UntilAsync(snapshot => snapshot.Libvirt.Connected, Resync);
        (await node.UntilAsync("survivor")).Incarnation.Should().Be(before.Incarnation);
    }

    [Fact]
    public async Task An_agent_that_starts_on_a_stopped_daemon_says_so_and_waits_for_it()
    {
        await _host.SuspendDaemonAsync();
        await using var node = await NodeUnderTest.StartAsync(_host.Uri, CallTimeout);

        await node.UntilAsync(snapshot => snapshot.Libvirt.Reason!.EndsWith("libvirt has not answered for 2 s", StringComparison.Ordinal));

        await _host.ContinueDaemonAsync();
        await node.UntilAsync(snapshot => snapshot.Libvirt.Connected, Resync);
    }

    [Fact]
    public async Task An_agent_ends_even_while_its_daemon_is_stopped()
    {
        var node = await NodeUnderTest.StartAsync(_host.Uri, CallTimeout);
        await node.UntilAsync(snapshot => snapshot.Libvirt.Connected);
        await _host.SuspendDaemonAsync();
        var watch = Stopwatch.StartNew();

        await node.DisposeAsync();

        watch.Elapsed.Should().BeLessThan(TimeSpan.FromSeconds(10));
        await _host.ContinueDaemonAsync();
    }

    [Fact]
    public async Task What_fails_because_the_daemon_cannot_be_reached_ends_the_connection_and_refuses_no_domain()
    {
        var socket = $"{_host.Folder}/run/libvirt/libvirt-sock";
        var options = new LibvirtOptions { Uri = _host.Uri };
        await using var connection = await LibvirtConnection.OpenAsync(options, readOnly: false, _ => { }, TimeProvider.System, CancellationToken.None);
        File.Move(socket, $"{socket}.away");

        // The thread that has the connection reads well, the others cannot open theirs.
        var reading = async () => await new DomainReader(new Incarnations(Options.Create(options))).ReadAsync(
            connection, Enumerable.Range(0, 1000).Select(_ => new DomainId(Guid.NewGuid())), CancellationToken.None);
        (await reading.Should().ThrowAsync<LibvirtException>()).WithMessage("*Failed to connect socket*");

        connection.IsOpen.Should().BeFalse();
        File.Move($"{socket}.away", socket);
    }

    [Fact]
    public async Task Connections_that_end_while_many_wait_for_answers_do_no_harm()
    {
        var options = new LibvirtOptions { Uri = _host.Uri, KeepAlive = TimeSpan.FromSeconds(1), CallTimeout = TimeSpan.FromSeconds(30) };
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        var connections = new List<LibvirtConnection>();

        for (var number = 0; number < 12; number++)
        {
            connections.Add(await LibvirtConnection.OpenAsync(options, readOnly: false, _ => { }, TimeProvider.System, limit.Token));
        }

        // libvirt's client of 9.0 ends the process here when several threads call it on one connection.
        var calls = connections.SelectMany(connection => Enumerable.Range(0, LibvirtThreads.Count).Select(_ => CallOnAsync(connection, limit.Token))).ToList();
        await _host.SuspendDaemonAsync();

        (await Task.WhenAll(calls)).Should().AllSatisfy(fault => fault.Should().NotBeNull());
        connections.Should().AllSatisfy(connection => connection.IsOpen.Should().BeFalse());

        await _host.ContinueDaemonAsync();
        await Task.WhenAll(connections.Select(connection => connection.DisposeAsync().AsTask()));
        await using var node = await NodeUnderTest.StartAsync(_host.Uri, CallTimeout);
        await node.UntilAsync(snapshot => snapshot.Libvirt.Connected);
    }

    private static async Task<LibvirtException> CallOnAsync(LibvirtConnection connection, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                await connection.ListAsync(cancellationToken);
            }
            catch (LibvirtException fault)
            {
                return fault;
            }
        }
    }
}
