using System.Threading.Channels;
using Consoles.Common.Inventory;

namespace Consoles.Agent.Libvirt;

/// <summary>What must be read again: these domains, or all of them when there were too many to name.</summary>
internal sealed record DomainChangeSet(bool All, IReadOnlySet<DomainId> Domains);

/// <summary>Collects what libvirt's events ask to be read again. However many events come, each domain is held at most once.</summary>
internal sealed class DomainChanges
{
    // As many as the largest host might run. Beyond it, reading all of them is the cheaper answer.
    internal const int MaxDomains = 4096;

    private readonly Lock _gate = new();

    // One place: a signal that is already waiting says all that a second would.
    private readonly Channel<bool> _signal = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    private HashSet<DomainId> _changed = [];
    private bool _all;
    private string? _closed;

    /// <summary>True when the connection is over, so that whatever fails now fails because of that.</summary>
    public bool IsClosed
    {
        get
        {
            lock (_gate)
            {
                return _closed is not null;
            }
        }
    }

    public void Add(DomainId domain)
    {
        lock (_gate)
        {
            _all |= !_all && _changed.Add(domain) && _changed.Count > MaxDomains;
        }

        _signal.Writer.TryWrite(true);
    }

    /// <summary>The connection is over. The first reason is the one that counts.</summary>
    public void Close(string reason)
    {
        lock (_gate)
        {
            _closed ??= reason;
        }

        _signal.Writer.TryWrite(true);
    }

    /// <summary>Waits until something changed.</summary>
    /// <exception cref="LibvirtException">The connection is over; the message says why.</exception>
    public async Task<DomainChangeSet> TakeAsync(CancellationToken cancellationToken)
    {
        await _signal.Reader.ReadAsync(cancellationToken);

        lock (_gate)
        {
            if (_closed is not null)
            {
                // Whoever asks again is told again.
                _signal.Writer.TryWrite(true);
                throw new LibvirtException(_closed);
            }

            var taken = new DomainChangeSet(_all, _changed);
            (_changed, _all) = ([], false);
            return taken;
        }
    }
}
