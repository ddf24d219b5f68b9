using System.Collections.Concurrent;
using Consoles.Broker.Nodes;
using Consoles.Common.Inventory;

namespace Consoles.Broker.Typing;

/// <summary>Has texts typed into domains by their nodes' agents: one text at a time into each.</summary>
internal sealed class Typist(IAgentKeys agents, ILogger<Typist> logger)
{
    /// <summary>Few enough that whoever leaves meanwhile stops it within seconds, and that it is known how far it came.</summary>
    internal const int PieceStrokes = 32;

    private readonly ConcurrentDictionary<DomainId, bool> _busy = new();

    /// <param name="order">What to type, for whom.</param>
    /// <param name="cancellationToken">Stops it after the piece that is being typed.</param>
    /// <returns>How many characters were typed, which is all of them.</returns>
    /// <exception cref="TypingException">Not all was typed.</exception>
    public async Task<int> TypeAsync(TypingOrder order, CancellationToken cancellationToken)
    {
        if (!_busy.TryAdd(order.Run.Domain, true))
        {
            throw new TypingException(TypingFault.Busy, "Somebody is typing into this domain; wait until that is done.");
        }

        var strokes = 0;

        try
        {
            foreach (var piece in order.Plan.Strokes.Chunk(PieceStrokes))
            {
                // Between pieces alone: one that is being typed cannot be called back.
                if (cancellationToken.IsCancellationRequested)
                {
                    throw new TypingException(TypingFault.Failed, "Whoever wanted this typed has left.", order.Plan.CharactersIn(strokes));
                }

                strokes += await agents.SendAsync(order.Node, order.Run, piece, CancellationToken.None);
            }

            return order.Plan.Characters;
        }
        catch (AgentKeysException failure)
        {
            strokes += failure.Sent;
            throw new TypingException(FaultOf(failure.Fault), failure.Message, order.Plan.CharactersIn(strokes));
        }
        finally
        {
            _busy.TryRemove(order.Run.Domain, out _);
            logger.Typed(order.User, order.Plan.CharactersIn(strokes), order.Plan.Characters, order.DomainName, order.Run.Domain, order.By);
        }
    }

    private static TypingFault FaultOf(AgentKeysFault fault) => fault switch
    {
        AgentKeysFault.Away => TypingFault.AgentAway,
        AgentKeysFault.Late => TypingFault.Late,
        _ => TypingFault.Failed,
    };
}

/// <summary>What is to be typed where, and who wants it.</summary>
/// <param name="By">Which key or session allowed it, for the log.</param>
internal sealed record TypingOrder(string User, string By, string Node, Incarnation Run, string DomainName, TypingPlan Plan);
