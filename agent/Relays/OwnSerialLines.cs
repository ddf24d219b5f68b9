using Consoles.Agent.Inventory;
using Consoles.Common.Inventory;

namespace Consoles.Agent.Relays;

/// <summary>What this agent's own attachments know of the certificates of serial consoles.</summary>
internal sealed class OwnSerialLines(SerialLines lines, SerialTls tls) : IOwnSerialLines
{
    public OwnSerialLine? Find(Incarnation run, string console) =>
        lines.Find(run.Domain, console) is { Line.State.Attached: true } line && line.EndOf(run) is not null && tls.ServedBy(run, console) is { } served
            ? new OwnSerialLine(served.Certificate, served.At, line.Line.Viewers)
            : null;
}
