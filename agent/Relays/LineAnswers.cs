using Consoles.Agent.Inventory;
using Consoles.Agent.Identity;
using Consoles.Agent.Libvirt;
using Consoles.Common.Link;

namespace Consoles.Agent.Relays;

/// <summary>Says whether a serial console that the broker has dialled is that run's, and not held by this agent, in which case QEMU lets the broker wait without a word.</summary>
internal sealed class LineAnswers(PresentRun runs, SerialLines lines) : ILinkRequestHandler
{
    public bool Handles(LinkRequest request) => request is LineQuestion;

    public async Task<LinkAnswer?> HandleAsync(LinkRequest request, AgentIdentity identity, CancellationToken cancellationToken)
    {
        var question = (LineQuestion)request;

        try
        {
            return new LineVerdict(question.Request, await WhyNotAsync(question, cancellationToken));
        }
        catch (LibvirtException e)
        {
            return new LineVerdict(question.Request, e.Message);
        }
    }

    private async Task<string?> WhyNotAsync(LineQuestion question, CancellationToken cancellationToken)
    {
        if (await runs.FindAsync(question.Incarnation, cancellationToken) is null)
        {
            return StreamOpenException.RunIsOver().Message;
        }

        return lines.Find(question.Incarnation.Domain, question.Console) is { KeepsPast: true }
            ? "The node's agent holds it for its scrollback, and QEMU serves one client: let it be relayed, or name the domain in the agent's Relays:Serial:ScrollbackOff."
            : null;
    }
}
