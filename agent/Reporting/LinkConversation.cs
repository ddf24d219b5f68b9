using System.Diagnostics.CodeAnalysis;
using System.Threading.Channels;
using Consoles.Agent.Identity;
using Consoles.Agent.Inventory;
using Consoles.Agent.Relays;
using Consoles.Common.Link;

namespace Consoles.Agent.Reporting;

/// <summary>What agent and broker say on one link, from Hello until it ends: a report at a time, each awaited, and the broker's requests beside them.</summary>
/// <remarks>
/// Only one report is ever on its way, so that the next one can say what changed since one that the broker surely has: of several
/// in flight, a change and its reversal would cancel out in the agent's arithmetic and not in the broker's directory.
/// </remarks>
internal sealed class LinkConversation(
    BrokerLink link, AgentIdentity identity, NodeInventory inventory, ReportNumbers numbers, IEnumerable<ILinkRequestHandler> handlers, ReportingOptions options, TimeProvider clock)
{
    // The answer to the one report, a refusal, and one to spare: more than that were not asked for.
    private readonly Channel<LinkMessage> _replies = Channel.CreateBounded<LinkMessage>(3);

    /// <summary>Called with each generation that the broker accepted.</summary>
    public Action<InventorySnapshot, Accepted>? OnAccepted { get; init; }

    /// <returns>The broker's refusal, or null when it closed the link without one or <paramref name="enough"/> completed.</returns>
    /// <exception cref="LinkException">The link broke, or the broker is silent or breaks the protocol.</exception>
    public async Task<Refused?> RunAsync(Hello hello, Task enough, CancellationToken cancellationToken)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var receiving = ReceiveAsync(ending.Token);

        try
        {
            await link.SendAsync(hello, ending.Token);
            return await ReportAsync(enough, ending.Token);
        }
        catch (LinkException) when (TryReadRefusal(out var refused))
        {
            // It was said just before the link went down under what we were sending.
            return refused;
        }
        finally
        {
            await ending.CancelAsync();
            await receiving;
        }
    }

    private async Task<Refused?> ReportAsync(Task enough, CancellationToken cancellationToken)
    {
        InventorySnapshot? known = null;

        while (true)
        {
            var snapshot = inventory.Current;
            var report = ReportDelta.Between(known, snapshot, numbers.Next());
            await link.SendAsync(new Report(report), cancellationToken);

            switch (await AnswerAsync(cancellationToken))
            {
                case Accepted accepted when accepted.Generation == report.Generation:
                    known = snapshot;
                    OnAccepted?.Invoke(snapshot, accepted);
                    break;
                case Resend:
                    known = null;
                    break;
                case Refused refused:
                    return refused;
                case null:
                    return null;
                case var other:
                    throw new LinkException($"The broker at {link.Broker} broke the protocol: {other} after report {report.Generation}.");
            }

            // Also after a Resend: a broker that never has enough must not make this a busy loop.
            await Task.Delay(options.Spacing, clock, cancellationToken);

            if (known is not null && !await NextIsDueAsync(snapshot.Version, enough, cancellationToken))
            {
                if (enough.IsCompleted)
                {
                    return null;
                }

                switch (await ReadReplyAsync(cancellationToken))
                {
                    case Resend:
                        known = null;
                        break;
                    case Refused refused:
                        return refused;
                    case null:
                        return null;
                    case var other:
                        throw new LinkException($"The broker at {link.Broker} broke the protocol: {other} unasked.");
                }
            }
        }
    }

    /// <returns>True when it is time to report; false when the broker said something first, the link ended, or it is enough.</returns>
    private async Task<bool> NextIsDueAsync(long version, Task enough, CancellationToken cancellationToken)
    {
        using var waiting = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var changed = inventory.NewerThanAsync(version, waiting.Token);
        var heartbeat = Task.Delay(options.Interval - options.Spacing, clock, waiting.Token);
        var spoken = _replies.Reader.WaitToReadAsync(waiting.Token).AsTask();

        var first = await Task.WhenAny(changed, heartbeat, spoken, enough);
        await waiting.CancelAsync();
        cancellationToken.ThrowIfCancellationRequested();
        await first;
        return first != spoken && first != enough;
    }

    private async Task<LinkMessage?> AnswerAsync(CancellationToken cancellationToken)
    {
        using var patience = new CancellationTokenSource(options.AnswerTimeout, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);

        try
        {
            return await ReadReplyAsync(either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new LinkException($"The broker at {link.Broker} has not answered a report for {options.AnswerTimeout.TotalSeconds:0} s.");
        }
    }

    /// <returns>What the broker said, or null when it closed the link in order.</returns>
    private async Task<LinkMessage?> ReadReplyAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await _replies.Reader.ReadAsync(cancellationToken);
        }
        catch (ChannelClosedException e)
        {
            return e.InnerException is null ? null : throw new LinkException(e.InnerException.Message, inner: e.InnerException);
        }
    }

    private bool TryReadRefusal([NotNullWhen(true)] out Refused? refused)
    {
        refused = null;

        while (refused is null && _replies.Reader.TryRead(out var reply))
        {
            refused = reply as Refused;
        }

        return refused is not null;
    }

    private async Task ReceiveAsync(CancellationToken cancellationToken)
    {
        var answers = new List<Task>();

        try
        {
            while (await link.ReceiveAsync(cancellationToken) is { } message)
            {
                if (message is LinkRequest request)
                {
                    answers.RemoveAll(answer => answer.IsCompleted);
                    answers.Add(AnswerAsync(request, cancellationToken));
                }
                else if (!_replies.Writer.TryWrite(message))
                {
                    throw new LinkException($"The broker at {link.Broker} broke the protocol: it says more than it is asked.");
                }
            }

            _replies.Writer.TryComplete();
        }
        catch (Exception e) when (e is LinkException or OperationCanceledException)
        {
            _replies.Writer.TryComplete(e);
        }

        await Task.WhenAll(answers);
    }

    private async Task AnswerAsync(LinkRequest request, CancellationToken cancellationToken)
    {
        try
        {
            if (handlers.FirstOrDefault(handler => handler.Handles(request)) is { } handler
                && await handler.HandleAsync(request, identity, cancellationToken) is { } answer)
            {
                await link.SendAsync(answer, cancellationToken);
            }
        }
        catch (Exception e) when (e is LinkException or OperationCanceledException)
        {
            // The link ends, and with it what asked.
            _replies.Writer.TryComplete(e);
        }
        catch (Exception e)
        {
            // A fault of ours. It costs this link, and is told with its end; the streams that the agent carries go on.
            _replies.Writer.TryComplete(new LinkException($"The broker's request could not be answered: {e.Message}", inner: e));
        }
    }
}

/// <summary>Numbers the reports of this process, over all of its links.</summary>
internal sealed class ReportNumbers
{
    private long _last;

    public long Next() => Interlocked.Increment(ref _last);
}
