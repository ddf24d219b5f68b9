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

    // The digest of the ticket that opened it: sessions that may have further channels.
    private readonly Dictionary<string, Session> _byTicket = new(StringComparer.Ordinal);
    private readonly Dictionary<Session, int> _furtherChannels = [];
    private readonly ConcurrentDictionary<string, DateTimeOffset> _revoked = new(StringComparer.Ordinal);
    private readonly int _room = Math.Min(options.Value.MaxSessions, descriptors.Sessions);
    private bool _stopping;
    private int _channels;

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
                return !_stopping && _channels < _room;
            }
        }
    }

    /// <summary>Opens a session, unless there is no room for it. A session that breaks the limit of its guest, or whose token was revoked, is returned ended.</summary>
    /// <param name="ticket">The digest that finds the session again, for its page; null when nobody will look for it.</param>
    public bool TryOpen(ConsoleGrant grant, string node, IPAddress? remote, string? ticket, [NotNullWhen(true)] out Session? session)
    {
        lock (_gate)
        {
            session = null;

            if (_stopping || _channels >= _room)
            {
                return false;
            }

            var ofGuest = _sessions.Values.Count(other => other.Grant.Incarnation.Domain == grant.Incarnation.Domain && other.Ending is null);
            session = new Session(Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8)), grant, node, remote, clock.GetUtcNow());
            _sessions.Add(session.Id, session);
            _channels++;

            if (ofGuest >= options.Value.MaxPerGuest)
            {
                session.End(SessionEnding.TooManyOfGuest);
            }
            else if (ticket is not null)
            {
                _byTicket[ticket] = session;
                session.Ticket = ticket;
            }
        }

        // After it was added: a revocation comes before this look, or finds the session.
        if (_revoked.ContainsKey(grant.Id))
        {
            session.End(SessionEnding.Revoked);
        }

        return true;
    }

    /// <summary>The session that was opened with this ticket and has not ended; null when there is none.</summary>
    public Session? FindByTicket(string digest)
    {
        lock (_gate)
        {
            return _byTicket.TryGetValue(digest, out var session) && session.Ending is null ? session : null;
        }
    }

    /// <summary>Makes room for one more channel of a session; false when it has as many as it may, or the broker has.</summary>
    public bool TryAddChannel(Session session)
    {
        lock (_gate)
        {
            var further = _furtherChannels.GetValueOrDefault(session);

            // The first one counts.
            if (_stopping || _channels >= _room || further + 1 >= options.Value.MaxChannels)
            {
                return false;
            }

            _furtherChannels[session] = further + 1;
            _channels++;
            return true;
        }
    }

    public void RemoveChannel(Session session)
    {
        lock (_gate)
        {
            _channels--;

            if (--_furtherChannels[session] == 0)
            {
                _furtherChannels.Remove(session);
            }
        }
    }

    public void Remove(Session session)
    {
        lock (_gate)
        {
            _sessions.Remove(session.Id);
            _channels--;

            // A token that opens more than one session leads to the latest of them that goes on.
            if (session.Ticket is { } ticket && _byTicket.GetValueOrDefault(ticket) == session)
            {
                if (_sessions.Values.FirstOrDefault(other => other.Ticket == ticket && other.Ending is null) is { } other)
                {
                    _byTicket[ticket] = other;
                }
                else
                {
                    _byTicket.Remove(ticket);
                }
            }
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
