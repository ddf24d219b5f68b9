using System.Collections.Concurrent;
using Consoles.Broker.Nodes;
using Consoles.Common.Inventory;
using Consoles.Common.Link;

namespace Consoles.Tests.Fakes;

/// <summary>Agents that answer with the streams that the test says.</summary>
internal sealed class FakeStreams : IAgentStreams
{
    public ConcurrentQueue<(string Node, Incarnation Run, StreamSource Source)> Asked { get; } = new();

    public Func<Task> Before { get; set; } = () => Task.CompletedTask;

    public Func<StreamSource, Stream> Answer { get; set; } = _ => Stream.Null;

    /// <summary>The node whose agent does not answer.</summary>
    public string? Stalled { get; set; }

    public bool IsAway { get; set; }

    public long? AgentOf(string node) => IsAway ? null : 1;

    public async Task<Stream> OpenAsync(string node, Incarnation incarnation, StreamSource source, CancellationToken cancellationToken)
    {
        Asked.Enqueue((node, incarnation, source));
        await Before();

        if (node == Stalled)
        {
            await Task.Delay(Timeout.Infinite, cancellationToken);
        }

        return Answer(source);
    }
}
