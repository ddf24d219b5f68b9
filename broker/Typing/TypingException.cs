namespace Consoles.Broker.Typing;

/// <summary>Why typing stopped, or did not begin.</summary>
internal enum TypingFault
{
    /// <summary>Somebody else is typing into the domain.</summary>
    Busy,

    /// <summary>The node's agent is not connected.</summary>
    AgentAway,

    /// <summary>The agent or its libvirt refused, or the link broke.</summary>
    Failed,

    /// <summary>The agent did not answer in time.</summary>
    Late,
}

/// <summary>Not everything was typed. The message says why, for a person.</summary>
/// <param name="typed">How many characters were.</param>
internal sealed class TypingException(TypingFault fault, string message, int typed = 0) : Exception(message)
{
    public TypingFault Fault { get; } = fault;

    public int Typed { get; } = typed;
}
