using Consoles.Agent.Libvirt;
using Consoles.Common.Inventory;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Consoles.Agent.Inventory;

/// <summary>Keeps the node's inventory true: reads all domains after each connect, and then what libvirt's events name.</summary>
internal sealed class InventoryReader(
    IOptions<LibvirtOptions> options, DomainReader reader, InventoryPublisher publisher, LibvirtAccess access, TimeProvider clock, ILogger<InventoryReader> logger)
    : BackgroundService
{
    // Events are the rule; this finds what has none, such as a changed password or port.
    private static readonly TimeSpan ReadAllEvery = TimeSpan.FromMinutes(5);

    private static readonly TimeSpan ReadAgainAfter = TimeSpan.FromSeconds(5);

    // A guest whose events come in a storm is read ten times a second at most.
    private static readonly TimeSpan Rest = TimeSpan.FromMilliseconds(100);

    private readonly ReconnectDelay _delay = new();
    private readonly Dictionary<DomainId, string> _refused = [];
    private string? _lost;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (true)
        {
            try
            {
                await FollowAsync(stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (LibvirtException fault)
            {
                Lost(fault.Message);
            }
            catch (Exception fault)
            {
                logger.ReadingFailed(fault);
                publisher.Disconnected($"The agent failed to read libvirt: {fault.Message}");
            }

            await Task.Delay(_delay.Next(Random.Shared.NextDouble()), clock, stoppingToken);
        }
    }

    /// <summary>One connection's life. It ends by an exception only.</summary>
    private async Task FollowAsync(CancellationToken cancellationToken)
    {
        await using var connection = await LibvirtConnection.OpenAsync(options.Value, readOnly: false, Lost, clock, cancellationToken);

        try
        {
            var readings = await reader.ReadAllAsync(connection, cancellationToken);
            Publish(readings, all: true);

            access.Became(connection);
            _delay.Reset();
            _lost = null;
            logger.LibvirtConnected(options.Value.Uri, readings.Count);

            await KeepUpAsync(connection, readings, cancellationToken);
        }
        finally
        {
            access.Became(null);
        }
    }

    private async Task KeepUpAsync(LibvirtConnection connection, IReadOnlyCollection<DomainReading> readings, CancellationToken cancellationToken)
    {
        var readAllAt = clock.GetUtcNow() + ReadAllEvery;
        var again = Again(readings);

        while (true)
        {
            var readAgainAt = again.Count > 0 ? clock.GetUtcNow() + ReadAgainAfter : readAllAt;
            var changes = await TakeAsync(connection, readAgainAt < readAllAt ? readAgainAt : readAllAt, cancellationToken);
            var all = changes.All || clock.GetUtcNow() >= readAllAt;

            readings = all
                ? await reader.ReadAllAsync(connection, cancellationToken)
                : await reader.ReadAsync(connection, changes.Domains.Union(again), cancellationToken);

            Publish(readings, all);
            again = Again(readings);
            readAllAt = all ? clock.GetUtcNow() + ReadAllEvery : readAllAt;

            await Task.Delay(Rest, clock, cancellationToken);
        }
    }

    /// <returns>What changed, or nothing when the time came first.</returns>
    private async Task<DomainChangeSet> TakeAsync(LibvirtConnection connection, DateTimeOffset until, CancellationToken cancellationToken)
    {
        var left = until - clock.GetUtcNow();
        using var timer = new CancellationTokenSource(left > TimeSpan.Zero ? left : TimeSpan.Zero, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timer.Token, cancellationToken);

        try
        {
            return await connection.Changes.TakeAsync(either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return new DomainChangeSet(All: false, new HashSet<DomainId>());
        }
    }

    private static HashSet<DomainId> Again(IEnumerable<DomainReading> readings) =>
        readings.Where(reading => reading.Again).Select(reading => reading.Id).ToHashSet();

    private void Publish(IReadOnlyCollection<DomainReading> readings, bool all)
    {
        publisher.Connected(readings, all);

        foreach (var (id, report, _) in readings)
        {
            if (report?.Refusal is not { } refusal)
            {
                _refused.Remove(id);
            }
            else if (_refused.GetValueOrDefault(id) != refusal)
            {
                _refused[id] = refusal;
                logger.DomainRefused(report.Name, refusal);
            }
        }
    }

    private void Lost(string reason)
    {
        publisher.Disconnected(reason);

        // A daemon that stays away is one event, however often it is tried.
        if (_lost != reason)
        {
            _lost = reason;
            logger.LibvirtLost(options.Value.Uri, reason);
        }
    }
}
