using System.Net;
using Consoles.Broker.Tokens;

namespace Consoles.Broker.Sessions;

/// <summary>A redeemed grant in use.</summary>
internal sealed class Session : IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private SessionEnding? _ending;
    private IFurtherChannels? _further;

    public Session(string id, ConsoleGrant grant, string node, IPAddress? remote, DateTimeOffset startedAt)
    {
        Id = id;
        Grant = grant;
        Node = node;
        Remote = remote;
        StartedAt = startedAt;

        // Kept: the source cannot be asked any more once it is disposed.
        Stop = _stop.Token;
    }

    public string Id { get; }

    public ConsoleGrant Grant { get; }

    /// <summary>The node that the guest ran on when the session was opened.</summary>
    public string Node { get; }

    public IPAddress? Remote { get; }

    public DateTimeOffset StartedAt { get; }

    /// <summary>The digest of the ticket that opened it, which its page goes on showing: for further channels, and to have a text typed.</summary>
    public string? Ticket { get; set; }

    /// <summary>When it ends at the latest, where it may not outlive its token; null: it may.</summary>
    public DateTimeOffset? Deadline { get; set; }

    /// <summary>Opens its further channels; null before its first one is open, and where its protocol needs no more than that.</summary>
    public IFurtherChannels? Further
    {
        get => Volatile.Read(ref _further);
        set => Volatile.Write(ref _further, value);
    }

    /// <summary>How long nothing came from the viewer; null while there is no channel.</summary>
    public Func<TimeSpan>? Silence { get; set; }

    /// <summary>Why it ended, once that is settled.</summary>
    public SessionEnding? Ending => Volatile.Read(ref _ending);

    /// <summary>Cancelled when the ending is settled.</summary>
    public CancellationToken Stop { get; }

    /// <summary>Ends the session. The first reason given is the one that counts, and is returned.</summary>
    public SessionEnding End(SessionEnding ending)
    {
        if (Interlocked.CompareExchange(ref _ending, ending, null) is { } earlier)
        {
            return earlier;
        }

        try
        {
            _stop.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // It was over before its ending was told, and has been cancelled by its end.
        }

        return ending;
    }

    public void Dispose()
    {
        _stop.Cancel();
        _stop.Dispose();
    }
}
