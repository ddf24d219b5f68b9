using System.Collections.Concurrent;
using Consoles.Broker.Nodes;
using Consoles.Common.Inventory;
using Consoles.Common.Link;

namespace Consoles.Tests.Fakes;

/// <summary>Agents that press keys as the test says.</summary>
internal sealed class FakeKeys : IAgentKeys
{
    public ConcurrentQueue<(string Node, Incarnation Run, int[] Keys)> Pressed { get; } = new();

    /// <summary>What happens before a piece is pressed.</summary>
    public Func<IReadOnlyList<KeyStroke>, Task> Before { get; set; } = _ => Task.CompletedTask;

    public async Task<int> SendAsync(string node, Incarnation run, IReadOnlyList<KeyStroke> strokes, CancellationToken cancellationToken)
    {
        await Before(strokes);

        foreach (var stroke in strokes)
        {
            Pressed.Enqueue((node, run, [.. stroke.Keys]));
        }

        return strokes.Count;
    }
}
