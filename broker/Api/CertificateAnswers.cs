using Consoles.Common.Inventory;

namespace Consoles.Broker.Api;

/// <summary>The fleet's certificates, a node each.</summary>
/// <param name="Items">A page of them, by name.</param>
/// <param name="Next">What to give as "after" for the next page, or null when this is the last.</param>
/// <param name="Consoles">How many consoles are in each state, over all nodes that were asked for.</param>
/// <param name="Own">What this broker shows of itself.</param>
internal sealed record CertificatesAnswer(
    IReadOnlyList<NodeCertificatesAnswer> Items, string? Next, IReadOnlyDictionary<string, int> Consoles, IReadOnlyList<OwnCertificateAnswer> Own);

/// <param name="Use">people: at the listener of browsers; agents: at that of agents; guests: as the client of QEMUs.</param>
/// <param name="Serial">Null when there is none.</param>
/// <param name="Fault">Why one that was given cannot be used, or null.</param>
internal sealed record OwnCertificateAnswer(string Use, string? Serial, DateTimeOffset? NotAfter, string? Fault);

/// <param name="Heard">False: the node is silent, and this is what it said last.</param>
/// <param name="Reports">False: its agent looks after no certificates.</param>
/// <param name="State">The worst of its consoles and sets; fault: a set is missing, or could not be renewed; off: there is no TLS on any of its consoles.</param>
/// <param name="UpToDate">Whether all of its sets are made to what the authority wants now; null where none of them is the authority's.</param>
/// <param name="Drift">How its qemu.conf differs from what is wanted, or null.</param>
internal sealed record NodeCertificatesAnswer(
    string Node,
    bool Heard,
    bool Reports,
    string State,
    bool? UpToDate,
    string? Drift,
    IReadOnlyList<CertificateSetAnswer> Sets,
    IReadOnlyList<ConsoleCertificateAnswer> Consoles);

/// <param name="Enabled">Whether qemu.conf switches TLS on for it.</param>
/// <param name="ByHand">A person looks after it.</param>
/// <param name="Serial">That of the certificate on disk; null when there is none.</param>
/// <param name="Fault">Why there is no good set, or why the last attempt to make one failed.</param>
internal sealed record CertificateSetAnswer(
    CertificateUse Use, string Directory, bool Enabled, bool ByHand, string? Serial, DateTimeOffset? NotAfter, string? Fault, DateTimeOffset? RetryAt);

/// <param name="Serial">That of the certificate which a handshake was shown; null where none was made.</param>
/// <param name="By">Until when something must have happened.</param>
/// <param name="Age">How many seconds ago the handshake was made.</param>
internal sealed record ConsoleCertificateAnswer(
    DomainId Domain, string DomainName, string Console, string? Serial, DateTimeOffset? NotAfter, CertificateCondition State, string? Reason, DateTimeOffset? By, double? Age);
