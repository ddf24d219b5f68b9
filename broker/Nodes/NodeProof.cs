using Consoles.Common.Inventory;

namespace Consoles.Broker.Nodes;

/// <summary>What a node has shown of its certificates, as far as a roll-over must know it.</summary>
/// <param name="Reports">False: its agent says nothing of certificates.</param>
/// <param name="Sets">Those that qemu.conf switches on.</param>
/// <param name="Stale">Consoles that offer TLS and were not proved to serve what is on disk; the first of them.</param>
/// <param name="StaleCount">How many they are.</param>
internal sealed record NodeProof(bool Reports, IReadOnlyList<NodeProof.Set> Sets, IReadOnlyList<NodeProof.Console> Stale, int StaleCount)
{
    private const int MaxConsoles = 20;

    /// <param name="Plan">What it was made to; null when that is not known.</param>
    internal sealed record Set(CertificateUse Use, bool ByHand, string? Plan);

    /// <param name="Name">The domain and its console.</param>
    internal sealed record Console(string Name, ConsoleKind? Kind, CertificateCondition Condition, DateTimeOffset? By);

    public static NodeProof Of(NodeEntry node)
    {
        if (node.Certificates is not { } certificates)
        {
            return new NodeProof(Reports: false, [], [], 0);
        }

        var stale = Judged(node, certificates).Where(console => console.Condition is not (CertificateCondition.Fresh or CertificateCondition.Plain)).ToList();

        return new NodeProof(
            Reports: true,
            [.. certificates.Sets.Where(set => set.Enabled).Select(set => new Set(set.Use, set.ByHand, set.Plan))],
            [.. stale.Select(console => Show(node, console)).OrderBy(IsSpiceThatWaits).Take(MaxConsoles)],
            stale.Count);
    }

    /// <summary>SPICE goes on with its certificate until the guest is restarted, and asks no client for one.</summary>
    public static bool IsSpiceThatWaits(Console console) => console is { Kind: ConsoleKind.Spice, Condition: CertificateCondition.NeedsRestart };

    // The agent's words are held against what it showed: fresh is what serves the certificate on disk, and what is passed over is not proved.
    private static IEnumerable<ConsoleCertificate> Judged(NodeEntry node, NodeCertificates certificates)
    {
        var listed = certificates.Consoles.Select(console => (console.Incarnation, console.Console)).ToHashSet();

        var passedOver =
            from domain in node.Domains.Values
            let run = domain.Incarnation
            where run is not null
            from endpoint in domain.Consoles
            where OffersTls(endpoint) && SetOf(certificates, endpoint) is { Enabled: true } && !listed.Contains((run, endpoint.Name))
            select new ConsoleCertificate(run, endpoint.Name, CertificateCondition.Unproved);

        return certificates.Consoles.Select(console => IsFresh(node, certificates, console) ? console : console with { Condition = CertificateCondition.Unproved }).Concat(passedOver);
    }

    // Of a run that is over there is nothing to prove; anything but fresh and plain says itself that it is not.
    private static bool IsFresh(NodeEntry node, NodeCertificates certificates, ConsoleCertificate console)
    {
        if (console.Condition == CertificateCondition.Plain)
        {
            return console.Served is null;
        }

        if (console.Condition != CertificateCondition.Fresh || node.Domains.GetValueOrDefault(console.Incarnation.Domain) is not { } domain || domain.Incarnation != console.Incarnation)
        {
            return true;
        }

        return domain.Consoles.FirstOrDefault(endpoint => endpoint.Name == console.Console) is { } found
            && SetOf(certificates, found)?.Certificate is { } wanted
            && console.Served?.Fingerprint == wanted.Fingerprint;
    }

    private static CertificateSet? SetOf(NodeCertificates certificates, ConsoleEndpoint console)
    {
        var use = console.Kind switch
        {
            ConsoleKind.Vnc => CertificateUse.Vnc,
            ConsoleKind.Spice => CertificateUse.Spice,
            _ => CertificateUse.Chardev,
        };

        return certificates.Sets.FirstOrDefault(set => set.Use == use);
    }

    private static bool OffersTls(ConsoleEndpoint console) => console switch
    {
        { Kind: ConsoleKind.Vnc, Transport: ConsoleTransport.Tcp or ConsoleTransport.Unix } => true,
        { Kind: ConsoleKind.Spice, Transport: ConsoleTransport.Tcp } => true,
        { Kind: ConsoleKind.Serial, Transport: ConsoleTransport.Tcp, Tls: true, Connects: false } => true,
        _ => false,
    };

    private static Console Show(NodeEntry node, ConsoleCertificate console)
    {
        var domain = node.Domains.GetValueOrDefault(console.Incarnation.Domain);
        var kind = domain?.Consoles.FirstOrDefault(endpoint => endpoint.Name == console.Console)?.Kind;
        return new Console($"{domain?.Name ?? console.Incarnation.Domain.ToString()} {console.Console}", kind, console.Condition, console.By);
    }
}
