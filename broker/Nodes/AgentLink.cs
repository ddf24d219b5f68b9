using System.Collections.Concurrent;
using System.Net.WebSockets;
using Consoles.Common.Inventory;
using Consoles.Common.Link;

namespace Consoles.Broker.Nodes;

/// <summary>The standing connection of one agent.</summary>
internal sealed class AgentLink(LinkSocket socket, NodeIdentity node, DateTimeOffset? enrolledAt, TimeProvider clock) : IDisposable
{
    private static readonly TimeSpan FarewellLimit = TimeSpan.FromSeconds(2);

    private readonly ConcurrentDictionary<long, TaskCompletionSource<LinkAnswer>> _asked = new();
    private readonly CancellationTokenSource _leaving = new();
    private readonly Lock _gate = new();
    private int _farewells;
    private bool _retired;
    private long _lastRequest;
    private long _lastGeneration;
    private bool _wholeWanted = true;
    private bool _resendAsked;

    public NodeIdentity Node { get; } = node;

    /// <summary>The enrolment of the node under which its certificate was judged.</summary>
    public DateTimeOffset? EnrolledAt { get; } = enrolledAt;

    /// <summary>The agent's, once it has said hello.</summary>
    public long Epoch { get; set; }

    /// <summary>When the last report came, or the link was made.</summary>
    public DateTimeOffset HeardAt { get; private set; } = clock.GetUtcNow();

    /// <summary>Why this end ended the link, or null while it has not.</summary>
    public string? Farewell { get; private set; }

    /// <summary>The agent's next message; null when the link is over.</summary>
    public Task<LinkMessage?> ReceiveAsync() => socket.ReceiveAsync(_leaving.Token);

    /// <summary>Ends the link if it still lasts then, unless it is being ended already.</summary>
    public void LeaveAfter(TimeSpan limit)
    {
        lock (_gate)
        {
            if (!_retired)
            {
                _leaving.CancelAfter(limit);
            }
        }
    }

    /// <summary>Judges a report, and takes in what <paramref name="apply"/> does with it, unless the link has been replaced meanwhile.</summary>
    /// <param name="plan">What the node's sets of certificates are to be made to, for the agent.</param>
    /// <exception cref="LinkException">The report is a replay, or holds what no report may.</exception>
    public async Task TakeAsync(NodeReport report, Action<NodeIdentity, NodeReport> apply, Func<string, string?> plan)
    {
        HeardAt = clock.GetUtcNow();

        if (ReportRules.Fault(report) is { } fault)
        {
            throw new LinkException(fault);
        }

        if (report.Generation <= _lastGeneration)
        {
            throw new LinkException($"Report {report.Generation} came after report {_lastGeneration}: a replay.");
        }

        if (!report.Whole && (_wholeWanted || report.Generation != _lastGeneration + 1))
        {
            await AskAgainAsync();
            return;
        }

        (_lastGeneration, _wholeWanted, _resendAsked) = (report.Generation, false, false);

        lock (_gate)
        {
            if (_retired)
            {
                return;
            }

            apply(Node, report);
        }

        await socket.SendAsync(new Accepted(report.Generation, plan(Node.Name)), _leaving.Token);
    }

    /// <summary>After this, no report of this link is taken in.</summary>
    public void Retire()
    {
        lock (_gate)
        {
            _retired = true;
        }
    }

    /// <summary>Asks the agent for something, and waits for its answer.</summary>
    /// <param name="question">Makes the request, given its number.</param>
    /// <exception cref="LinkLostException">The link ended meanwhile.</exception>
    public async Task<LinkAnswer> AskAsync(Func<long, LinkRequest> question, CancellationToken cancellationToken)
    {
        var request = Interlocked.Increment(ref _lastRequest);
        var answer = new TaskCompletionSource<LinkAnswer>(TaskCreationOptions.RunContinuationsAsynchronously);
        _asked[request] = answer;

        try
        {
            await using var lost = _leaving.Token.Register(() => answer.TrySetException(new LinkLostException(Node.Name)));

            // Not sent under the caller's token: cancelling a send breaks the whole connection.
            await socket.SendAsync(question(request), _leaving.Token).WaitAsync(cancellationToken);
            return await answer.Task.WaitAsync(cancellationToken);
        }
        catch (Exception e) when (e is WebSocketException or ObjectDisposedException or IOException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            throw new LinkLostException(Node.Name);
        }
        finally
        {
            _asked.TryRemove(request, out _);
        }
    }

    /// <summary>An answer to a question that nobody asks any more is dropped.</summary>
    public void Answer(LinkAnswer given)
    {
        if (_asked.TryGetValue(given.Request, out var answer))
        {
            answer.TrySetResult(given);
        }
    }

    /// <summary>Tells the agent why, and ends the link; only the first reason counts.</summary>
    /// <param name="final">Trying again cannot help until a person acts.</param>
    public async Task EndAsync(string reason, bool final, WebSocketCloseStatus status = WebSocketCloseStatus.PolicyViolation)
    {
        if (Interlocked.Increment(ref _farewells) > 1)
        {
            return;
        }

        Farewell = reason;
        Retire();

        try
        {
            _leaving.CancelAfter(FarewellLimit);
            await socket.SendAsync(new Refused(reason, final), _leaving.Token);
            await socket.CloseAsync(status, _leaving.Token);
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException or ObjectDisposedException or IOException or InvalidOperationException)
        {
            // There is nobody left to tell.
            await LeaveAsync();
        }
    }

    public Task DrainAsync() => socket.DrainAsync(_leaving.Token);

    /// <summary>The connection is over: whoever waits for an answer gets none.</summary>
    public async Task LeaveAsync()
    {
        Retire();

        try
        {
            await _leaving.CancelAsync();
        }
        catch (ObjectDisposedException)
        {
            // The link ended by itself in the same moment.
            Farewell ??= "The agent left.";
        }
    }

    public void Dispose() => _leaving.Dispose();

    private async Task AskAgainAsync()
    {
        _wholeWanted = true;

        // Reports that were on their way when the first was asked for are passed over.
        if (!_resendAsked)
        {
            _resendAsked = true;
            await socket.SendAsync(new Resend(_lastGeneration), _leaving.Token);
        }
    }
}
