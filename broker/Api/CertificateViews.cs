using Consoles.Broker.Authority;
using Consoles.Broker.Nodes;
using Consoles.Common.Inventory;

namespace Consoles.Broker.Api;

/// <summary>Shows what nodes said of their certificates, judged once more by the broker's own clock.</summary>
internal sealed class CertificateViews(ConsoleDirectory directory, HostCertificates authority, TimeProvider clock)
{
    // From good to bad, as they are written.
    private static readonly string[] Order = ["fresh", "off", "plain", "needs-restart", "pending", "unproved", "expired", "fault"];

    public static bool IsState(string word) => Order.Contains(word, StringComparer.Ordinal);

    /// <summary>The state of each of the node's consoles.</summary>
    public IEnumerable<string> ConsoleStates(NodeEntry node) => (node.Certificates?.Consoles ?? []).Select(console => Word(StateOf(console)));

    /// <summary>The worst of the node's consoles and sets.</summary>
    public string StateOf(NodeEntry node) =>
        ConsoleStates(node).Concat((node.Certificates?.Sets ?? []).Where(set => set.Enabled).Select(StateOf)).DefaultIfEmpty("off").MaxBy(Rank)!;

    /// <param name="state">Null: all of its consoles; else those in that state.</param>
    public NodeCertificatesAnswer Of(NodeEntry node, string? state = null)
    {
        var said = node.Certificates;
        var consoles = (said?.Consoles ?? []).Select(console => Of(node, console)).Where(console => state is null || Word(console.State) == state);
        var plan = authority.PlanOf(node.Identity.Name);
        var made = (said?.Sets ?? []).Where(set => set is { Enabled: true, ByHand: false }).ToList();

        return new NodeCertificatesAnswer(
            node.Identity.Name,
            directory.IsHeardOf(node),
            said is not null,
            StateOf(node),
            plan is null || made.Count == 0 ? null : made.TrueForAll(set => set.Plan == plan),
            said?.Drift,
            [.. (said?.Sets ?? []).Select(Of)],
            [.. consoles.OrderByDescending(console => Rank(Word(console.State))).ThenBy(console => console.DomainName, StringComparer.Ordinal)]);
    }

    private static int Rank(string state) => Array.IndexOf(Order, state);

    private static string Word(CertificateCondition condition) => condition switch
    {
        CertificateCondition.Fresh => "fresh",
        CertificateCondition.Plain => "plain",
        CertificateCondition.NeedsRestart => "needs-restart",
        CertificateCondition.Pending => "pending",
        CertificateCondition.Unproved => "unproved",
        _ => "expired",
    };

    // Whatever the node's clock says, what is past its end by ours is refused by us.
    private CertificateCondition StateOf(ConsoleCertificate console) => console.Served?.NotAfter <= clock.GetUtcNow() ? CertificateCondition.Expired : console.Condition;

    private string StateOf(CertificateSet set) =>
        set.Certificate?.NotAfter <= clock.GetUtcNow() ? "expired" : set.Fault is not null || set.Certificate is null ? "fault" : "fresh";

    private static CertificateSetAnswer Of(CertificateSet set) =>
        new(set.Use, set.Directory, set.Enabled, set.ByHand, set.Certificate?.Serial, set.Certificate?.NotAfter, set.Fault, set.RetryAt);

    private ConsoleCertificateAnswer Of(NodeEntry node, ConsoleCertificate console) => new(
        console.Incarnation.Domain,
        node.Domains.GetValueOrDefault(console.Incarnation.Domain)?.Name ?? "",
        console.Console,
        console.Served?.Serial,
        console.Served?.NotAfter,
        StateOf(console),
        console.Reason,
        console.By,
        console.ProvedAt is { } provedAt ? Math.Max(0, Math.Round((clock.GetUtcNow() - provedAt).TotalSeconds)) : null);
}
