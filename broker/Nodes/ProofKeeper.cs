using Consoles.Broker.Authority;
using Consoles.Broker.Store;

namespace Consoles.Broker.Nodes;

/// <summary>Every two seconds, keeps in the store what changed of nodes' certificates, and that this broker goes by the authority's present state.</summary>
internal sealed class ProofKeeper(ConsoleDirectory directory, CertificateProofs proofs, AuthorityState authority, TimeProvider clock, ILogger<ProofKeeper> log) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    // A node must not seem silent because nobody wrote down that it was heard; its agent reports every ten seconds.
    private static readonly TimeSpan Refresh = TimeSpan.FromSeconds(8);

    private static readonly TimeSpan SignOfLife = TimeSpan.FromSeconds(6);

    private readonly string _broker = Guid.NewGuid().ToString("N");
    private readonly Dictionary<string, (NodeEntry Entry, DateTimeOffset WrittenAs, string Proof)> _kept = new(StringComparer.Ordinal);
    private bool _storeFailed;
    private long _version = -1;
    private DateTimeOffset _saidAt = DateTimeOffset.MinValue;

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);

        try
        {
            proofs.Leave(_broker);
        }
        catch (StoreException e)
        {
            log.StoreFailedForProofs(e.Message);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, clock);

        try
        {
            do
            {
                Keep();
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            _kept.Clear();
        }
    }

    private void Keep()
    {
        try
        {
            var version = authority.Current.Version;
            var written = new List<(string Node, DateTimeOffset HeardAt, string Proof)>();
            var now = directory.Nodes.Select(entry => (Name: entry.Identity.Name, Entry: entry)).ToList();

            foreach (var (name, entry) in now)
            {
                var before = _kept.GetValueOrDefault(name);

                // Each report makes a new entry, and most of them say nothing new.
                if (ReferenceEquals(before.Entry, entry))
                {
                    continue;
                }

                var proof = CertificateProofs.Text(NodeProof.Of(entry));

                if (before.Proof != proof || entry.HeardAt - before.WrittenAs >= Refresh)
                {
                    written.Add((name, entry.HeardAt, proof));
                }
            }

            // A write is a flush of the disk, so nothing new is said only as often as shows that this broker lives.
            if (written.Count > 0 || version != _version || clock.GetUtcNow() - _saidAt >= SignOfLife)
            {
                proofs.Write(_broker, version, written);
                (_version, _saidAt) = (version, clock.GetUtcNow());
            }

            Remember(now, written);
            _storeFailed = false;
        }
        catch (StoreException e)
        {
            // Once is enough to say so.
            if (!_storeFailed)
            {
                log.StoreFailedForProofs(e.Message);
            }

            _storeFailed = true;
        }
    }

    private void Remember(List<(string Name, NodeEntry Entry)> now, List<(string Node, DateTimeOffset HeardAt, string Proof)> written)
    {
        foreach (var gone in _kept.Keys.Except(now.Select(node => node.Name)).ToList())
        {
            _kept.Remove(gone);
        }

        var entries = now.ToDictionary(node => node.Name, node => node.Entry, StringComparer.Ordinal);

        foreach (var (node, heardAt, proof) in written)
        {
            _kept[node] = (entries[node], heardAt, proof);
        }
    }
}
