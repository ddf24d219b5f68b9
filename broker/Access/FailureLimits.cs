using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Options;

namespace Consoles.Broker.Access;

/// <summary>Counts wrong secrets by the network they come from, and makes a network that sends too many wait.</summary>
internal sealed class FailureLimits(TimeProvider clock, IOptions<AccessOptions> options)
{
    private const int MaxNetworks = 10_000;

    private readonly Lock _gate = new();
    private readonly Dictionary<IPNetwork, Failures> _failures = [];

    /// <summary>How long this network still has to wait, or null when it need not.</summary>
    public TimeSpan? WaitOf(IPAddress? remote)
    {
        var now = clock.GetUtcNow();

        lock (_gate)
        {
            return _failures.TryGetValue(NetworkOf(remote), out var failures) && failures.BlockedUntil > now ? failures.BlockedUntil - now : null;
        }
    }

    public void Count(IPAddress? remote)
    {
        var now = clock.GetUtcNow();
        var network = NetworkOf(remote);

        lock (_gate)
        {
            MakeRoom(now);

            var failures = _failures.GetValueOrDefault(network) is { } earlier && now - earlier.Since < options.Value.FailureWindow
                ? earlier with { Count = earlier.Count + 1 }
                : new Failures(now, 1, default);
            _failures[network] = failures.Count >= options.Value.FailureLimit ? failures with { BlockedUntil = now + options.Value.FailurePenalty } : failures;
        }
    }

    /// <summary>The /24 or /64 of an address: who has one address there can have the others.</summary>
    private static IPNetwork NetworkOf(IPAddress? remote)
    {
        var address = remote is null ? IPAddress.None : remote.IsIPv4MappedToIPv6 ? remote.MapToIPv4() : remote;
        var bytes = address.GetAddressBytes();
        var length = address.AddressFamily == AddressFamily.InterNetwork ? 24 : 64;
        bytes.AsSpan(length / 8).Clear();
        return new IPNetwork(new IPAddress(bytes), length);
    }

    // What is forgotten early lets someone guess at 256 random bits a little faster; what is never forgotten would fill our memory.
    private void MakeRoom(DateTimeOffset now)
    {
        if (_failures.Count < MaxNetworks)
        {
            return;
        }

        foreach (var (network, failures) in _failures)
        {
            if (failures.BlockedUntil <= now && now - failures.Since >= options.Value.FailureWindow)
            {
                _failures.Remove(network);
            }
        }

        if (_failures.Count >= MaxNetworks)
        {
            _failures.Clear();
        }
    }

    private sealed record Failures(DateTimeOffset Since, int Count, DateTimeOffset BlockedUntil);
}
