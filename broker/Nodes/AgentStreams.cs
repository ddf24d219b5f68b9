using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Consoles.Common.Inventory;
using Consoles.Common.Link;

namespace Consoles.Broker.Nodes;

/// <summary>Asks agents for streams over their links, and knows the streams they dial back with: by a secret that works once, soon, and for that node alone.</summary>
internal sealed class AgentStreams(AgentLinks links, TimeProvider clock, ILogger<AgentStreams> log) : IAgentStreams
{
    private const int SecretBytes = 32;
    private const int MaxReason = 1024;

    // For all of it: the way to the agent, its opening of the console, and its way back.
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    private readonly ConcurrentDictionary<string, Awaited> _awaited = new(StringComparer.Ordinal);

    public long? AgentOf(string node) => links.Find(node)?.Epoch;

    public async Task<Stream> OpenAsync(string node, Incarnation incarnation, StreamSource source, CancellationToken cancellationToken)
    {
        var link = links.Find(node) ?? throw new AgentStreamException(StreamFault.Failed, $"The agent of node {node} is not connected.");
        var secret = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(SecretBytes));
        var digest = DigestOf(secret);
        var awaited = new Awaited(node);
        using var limit = new CancellationTokenSource(Limit, clock);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
        _awaited[digest] = awaited;
        var taken = false;
        var asking = link.AskAsync(request => new StreamWanted(request, secret, incarnation, source), ending.Token);

        try
        {
            // The stream itself is the answer, so a message is a refusal.
            if (await Task.WhenAny(awaited.Arrival.Task, asking) == asking)
            {
                throw await asking is StreamRefused refused
                    ? new AgentStreamException(refused.Fault, Shorten(refused.Reason))
                    : new AgentStreamException(StreamFault.Failed, $"The agent of node {node} answered with something else than a stream.");
            }

            var arrived = await awaited.Arrival.Task;
            taken = true;
            return arrived;
        }
        catch (LinkLostException e)
        {
            throw new AgentStreamException(StreamFault.Failed, e.Message);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new AgentStreamException(StreamFault.Failed, $"The agent of node {node} did not dial back within {Limit.TotalSeconds:0} seconds.");
        }
        finally
        {
            _awaited.TryRemove(digest, out _);

            // One that arrives from now on is turned away; one that arrived in this moment is nobody's, and is let go.
            if (!awaited.Arrival.TrySetCanceled(CancellationToken.None) && !taken)
            {
                await (await awaited.Arrival.Task).DisposeAsync();
            }

            await ending.CancelAsync();
            await ((Task)asking).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>The one who waits for this stream, if there is one and <paramref name="node"/> is the node that was asked. Only the first who takes it gets it.</summary>
    internal Awaited? Take(string secret, string node)
    {
        var digest = DigestOf(secret);

        if (!_awaited.TryGetValue(digest, out var awaited))
        {
            log.StreamRefused(node, "its secret is unknown, used or late");
            return null;
        }

        // Left for the node that it is for: whoever else learned of it must not be able to spoil it.
        if (awaited.Node != node)
        {
            log.StreamRefused(node, $"its secret is for node {awaited.Node}");
            return null;
        }

        return _awaited.TryRemove(new KeyValuePair<string, Awaited>(digest, awaited)) ? awaited : null;
    }

    private static string Shorten(string reason) => reason[..Math.Min(reason.Length, MaxReason)];

    // A look-up by digest takes no time that would tell anything of the secret.
    private static string DigestOf(string secret) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(secret)));

    internal sealed class Awaited(string node)
    {
        public string Node { get; } = node;

        public TaskCompletionSource<Stream> Arrival { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
