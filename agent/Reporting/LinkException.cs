namespace Consoles.Agent.Reporting;

/// <summary>The link to the broker could not be had, or broke. The message says what was attempted and what came.</summary>
/// <param name="personMustAct">Trying again will not help by itself: the peer is not our broker, or will not have us.</param>
internal sealed class LinkException(string message, bool personMustAct = false, Exception? inner = null) : Exception(message, inner)
{
    public bool PersonMustAct { get; } = personMustAct;
}
