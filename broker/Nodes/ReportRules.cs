using Consoles.Common.Inventory;

namespace Consoles.Broker.Nodes;

/// <summary>What a report may hold. It is kept in memory and shown to people, so every part of it has a cap.</summary>
internal static class ReportRules
{
    public const int MaxDomains = 5000;
    public const int MaxConsoles = 64;

    private const int MaxWord = 64;
    private const int MaxName = 1024;
    private const int MaxText = 4096;
    private const int MaxCertificateNames = 256;

    /// <summary>Why the report is refused, or null. What JSON leaves out or nulls is null here whatever the types say.</summary>
    public static string? Fault(NodeReport report)
    {
        if (report is not { Libvirt: not null, Domains.Count: <= MaxDomains, Gone.Count: <= MaxDomains } || !Fits(report.Libvirt.Reason, MaxText))
        {
            return $"The report lacks a part, or names more than {MaxDomains} domains.";
        }

        if (report.Whole && report.Gone.Count > 0)
        {
            return "A whole report names domains that are gone.";
        }

        var named = new HashSet<DomainId>(report.Gone);

        foreach (var domain in report.Domains)
        {
            if (domain is null || !named.Add(domain.Id))
            {
                return domain is null ? "The report holds nothing where a domain should be." : $"The report names domain {domain.Id} twice.";
            }

            if (Fault(domain) is { } fault)
            {
                return $"Domain {domain.Id}: {fault}";
            }
        }

        return report.Certificates is null || CertificateRules.Fits(report.Certificates) ? null : "What it says of certificates lacks a part, or is too long.";
    }

    private static string? Fault(DomainReport domain)
    {
        if (domain is not { Name.Length: > 0 and <= MaxName, State.Length: > 0 and <= MaxWord } || !Fits(domain.Refusal, MaxText))
        {
            return "a text is missing or too long.";
        }

        if (domain.Incarnation is { } run && run.Domain != domain.Id)
        {
            return "its run is another domain's.";
        }

        if (domain.Consoles is not { Count: <= MaxConsoles })
        {
            return $"it has more than {MaxConsoles} consoles, or no list of them.";
        }

        var names = new HashSet<string>(StringComparer.Ordinal);

        foreach (var console in domain.Consoles)
        {
            if (console is not { Name.Length: > 0 and <= MaxWord } || !names.Add(console.Name))
            {
                return "a console has no name, too long a name, or another one's.";
            }

            if (!Fits(console))
            {
                return $"console {console.Name} has a text that is too long, or a port that is none.";
            }
        }

        return null;
    }

    private static bool Fits(ConsoleEndpoint console) =>
        Fits(console.Host, MaxName) && Fits(console.Path, MaxText) && Fits(console.LogFile, MaxText)
        && Fits(console.SharePolicy, MaxWord) && Fits(console.Keymap, MaxWord)
        && IsPort(console.Port) && IsPort(console.TlsPort) && IsPort(console.WebSocketPort)
        && (console.Readiness is null || Fits(console.Readiness));

    private static bool Fits(Readiness readiness) =>
        readiness.Reason is { Length: <= MaxText }
        && (readiness.Certificate is not { } served || Fits(served));

    internal static bool Fits(ServedCertificate served) =>
        served is { Fingerprint.Length: <= MaxName, Serial.Length: <= MaxName, Subject.Length: <= MaxText, Names.Count: <= MaxCertificateNames }
        && served.Names.All(name => name is { Length: <= MaxName });

    internal static bool Fits(string? text, int limit) => text is null || text.Length <= limit;

    private static bool IsPort(int? port) => port is null or (> 0 and <= 65535);
}
