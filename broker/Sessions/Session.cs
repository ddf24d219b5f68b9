using System.Net;
using Consoles.Broker.Tokens;

namespace Consoles.Broker.Sessions;

/// <summary>A redeemed grant in use.</summary>
internal sealed class Session(string id, ConsoleGrant grant, string node, IPAddress? remote, DateTimeOffset startedAt) : IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private SessionEnding? _ending;

    public string Id => id;

    public ConsoleGrant Grant => grant;

    /// <summary>The node that the guest ran on when the session was opened.</summary>
    public string Node => node;

    public IPAddress? Remote => remote;

    public DateTimeOffset StartedAt => startedAt;

    /// <summary>How long nothing came from the viewer; null while there is no channel.</summary>
    public Func<TimeSpan>? Silence { get; set; }

    /// <summary>Why it ended, once that is settled.</summary>
    public SessionEnding? Ending => Volatile.Read(ref _ending);

    /// <summary>Cancelled when the ending is settled.</summary>
    public CancellationToken Stop => _stop.Token;

    /// <summary>Ends the session. The first reason given is the one that counts, and is returned.</summary>
    public SessionEnding End(SessionEnding ending)
    {
        if (Interlocked.CompareExchange(ref _ending, ending, null) is { } earlier)
        {
            return earlier;
        }

        _stop.Cancel();
        return ending;
    }

    public void Dispose() => _stop.Dispose();
}
