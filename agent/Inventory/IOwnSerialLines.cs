using Consoles.Common.Inventory;

namespace Consoles.Agent.Inventory;

/// <summary>Serial consoles in TLS to which this agent itself is attached, so that nobody else can look at their certificate.</summary>
internal interface IOwnSerialLines
{
    /// <returns>Null: the agent is not attached to that console at the moment.</returns>
    OwnSerialLine? Find(Incarnation run, string console);
}

/// <param name="Served">The certificate that the console showed when the agent was attached.</param>
/// <param name="At">When that was.</param>
/// <param name="Viewers">How many look at the console by this agent.</param>
internal sealed record OwnSerialLine(ServedCertificate Served, DateTimeOffset At, int Viewers);

/// <summary>Of an agent that attaches itself to none, as a command's.</summary>
internal sealed class NoSerialLines : IOwnSerialLines
{
    public OwnSerialLine? Find(Incarnation run, string console) => null;
}
