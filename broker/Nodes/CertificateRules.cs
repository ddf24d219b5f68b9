using Consoles.Common.Inventory;

namespace Consoles.Broker.Nodes;

/// <summary>What a report may say of certificates: caps, like those of <see cref="ReportRules"/>.</summary>
internal static class CertificateRules
{
    public const int MaxSets = 16;
    public const int MaxConsoles = 20_000;

    private const int MaxWord = 64;
    private const int MaxText = 4096;
    private const int MaxDrift = 16 * 1024;

    public static bool Fits(NodeCertificates certificates) =>
        certificates is { Sets.Count: <= MaxSets, Consoles.Count: <= MaxConsoles }
        && ReportRules.Fits(certificates.Drift, MaxDrift)
        && certificates.Sets.All(Fits)
        && certificates.Consoles.All(Fits);

    // What JSON leaves out or nulls is null here whatever the types say.
    private static bool Fits(CertificateSet set) =>
        set is { Directory.Length: > 0 and <= MaxText }
        && Enum.IsDefined(set.Use)
        && ReportRules.Fits(set.Plan, MaxWord)
        && ReportRules.Fits(set.Fault, MaxText)
        && (set.Certificate is null || ReportRules.Fits(set.Certificate));

    private static bool Fits(ConsoleCertificate console) =>
        console is { Incarnation: not null, Console.Length: > 0 and <= MaxWord }
        && Enum.IsDefined(console.Condition)
        && ReportRules.Fits(console.Reason, MaxText)
        && (console.Served is null || ReportRules.Fits(console.Served));
}
