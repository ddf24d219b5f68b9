using System.Security.Cryptography.X509Certificates;

namespace Consoles.Agent.Certificates;

/// <summary>The set that QEMU would load from a directory now.</summary>
/// <param name="Certificate">The server certificate, without its key. It may have expired.</param>
/// <param name="Plan">What the set was made to (<see cref="Common.Link.HostCertificateAnswer.Plan"/>), or null.</param>
/// <param name="Version">The number of its directory; 0 of files that were there before the first installation.</param>
/// <param name="ByHand">Plain files of a person's, not a version of ours.</param>
internal sealed record InstalledSet(X509Certificate2 Certificate, string? Plan, int Version, bool ByHand);
