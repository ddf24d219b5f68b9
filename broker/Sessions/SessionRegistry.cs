using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Security.Cryptography;
using Consoles.Broker.Hosting;
using Consoles.Broker.Tokens;
using Microsoft.Extensions.Options;

namespace Consoles.Broker.Sessions;

/// <summary>All sessions of this broker: admits them, lists them, ends them.</summary>
internal sealed class SessionRegistry(TimeProvider clock, DescriptorBudget descriptors, IOptions<SessionOptions> options)
{
    // A ticket that was taken before its token was revoked becomes a session within moments.
    private static readonly TimeSpan RevocationsKept = TimeSpan.FromMinutes(5);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, Session> _sessions = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, DateTimeOffset> _revoked = new(StringComparer.Ordinal);
    private readonly int _room = Math.Min(options.Value.MaxSessions, descriptors.Sessions);
    private bool _stopping;

    public IReadOnlyList<Session> Sessions
    {
        get
        {
            lock (_gate)
            {
                return [.. _sessions.Values];
            }
        }
    }

    public bool HasRoom
    {
        get
        {
            lock (_gate)
            {
                return !_stopping && _sessions.Count < _room;
            }
        }
    }

    /// <summary>Opens a session, unless there is no room for it. A session that breaks the limit of its guest, or whose token was revoked, is returned ended.</summary>
    public bool TryOpen(ConsoleGrant grant, string node, IPAddress? remote, [NotNullWhen(true)] out Session? session)
    {
        lock (_gate)
        {
            session = null;

            if (_stopping || _sessions.Count >= _room)
            {
                return false;
            }

            var ofGuest = _sessions.Values.Count(other => other.Grant.Incarnation.Domain == grant.Incarnation.Domain && other.Ending is null);
            session = new Session(Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8)), grant, node, remote, clock.GetUtcNow());
            _sessions.Add(session.Id, session);

            if (ofGuest >= options.Value.MaxPerGuest)
            {
                session.End(SessionEnding.TooManyOfGuest);
            }
        }

        // After it was added: a revocation comes before this look, or finds the session.
        if (_revoked.ContainsKey(grant.Id))
        {
            session.End(SessionEnding.Revoked);
        }

        return true;
    }

    public void Remove(Session session)
    {
        lock (_gate)
        {
            _sessions.Remove(session.Id);
        }

        session.Dispose();
    }

    /// <summary>Ends those sessions that fit: of a token, a user, a domain, a node.</summary>
    /// <returns>How many.</returns>
    public int End(Func<Session, bool> fits, SessionEnding ending)
    {
        var ended = Sessions.Where(session => session.Ending is null && fits(session)).ToList();
        ended.ForEach(session => session.End(ending));
        return ended.Count;
    }

    /// <summary>Ends the sessions of a token, those included that are about to be opened.</summary>
    public void Revoke(string tokenId)
    {
        var now = clock.GetUtcNow();
        _revoked[tokenId] = now;

        foreach (var (old, _) in _revoked.Where(entry => now - entry.Value > RevocationsKept))
        {
            _revoked.TryRemove(old, out _);
        }

        End(session => session.Grant.Id == tokenId, SessionEnding.Revoked);
    }

    /// <summary>Ends all, and lets none in.</summary>
    public void Stop()
    {
        lock (_gate)
        {
            _stopping = true;
        }

        End(_ => true, SessionEnding.BrokerStopping);
    }
}
