using Consoles.Common.Inventory;

namespace Consoles.Agent.Rotation;

/// <summary>Judges how what a console serves stands to what is on disk. Pure.</summary>
internal static class Standing
{
    private const string ForSpice = "SPICE keeps the certificate that QEMU was started with: migrate the guest, save and restore it, or restart it.";

    /// <param name="wanted">The certificate on disk, or null where there is none.</param>
    /// <param name="enabled">qemu.conf asks for TLS.</param>
    /// <param name="tried">What became of a reload, or null while none was tried.</param>
    /// <returns>Null: there is nothing to say of this console, since it neither has TLS nor should.</returns>
    public static ConsoleCertificate? Of(
        Incarnation run, ConsoleEndpoint console, Served served, ServedCertificate? wanted, bool enabled, ReloadResult? tried, DateTimeOffset now)
    {
        if (served.Certificate is not { } certificate)
        {
            return served.Plain
                ? enabled
                    ? new ConsoleCertificate(run, console.Name, CertificateCondition.Plain, ProvedAt: served.At, Reason: $"{Sentence(served.Reason)}The guest was started before TLS was switched on: restart or migrate it.")
                    : null
                : new ConsoleCertificate(run, console.Name, CertificateCondition.Unproved, ProvedAt: served.At, Reason: served.Reason);
        }

        var (condition, reason) = Condition(console, certificate, wanted, tried, now);
        return new ConsoleCertificate(run, console.Name, condition, certificate, served.At, reason, condition == CertificateCondition.Fresh ? null : certificate.NotAfter);
    }

    /// <summary>Whether a reload could bring the console the certificate on disk.</summary>
    public static bool IsBehind(ConsoleEndpoint console, Served served, ServedCertificate? wanted) =>
        console.Kind != ConsoleKind.Spice && wanted is not null && served.Certificate is { } certificate && certificate.Fingerprint != wanted.Fingerprint;

    private static (CertificateCondition Condition, string? Reason) Condition(
        ConsoleEndpoint console, ServedCertificate served, ServedCertificate? wanted, ReloadResult? tried, DateTimeOffset now)
    {
        if (served.NotAfter <= now)
        {
            return (CertificateCondition.Expired, tried?.Reason ?? (console.Kind == ConsoleKind.Spice ? ForSpice : null));
        }

        if (wanted is null)
        {
            return (CertificateCondition.Pending, "There is no good certificate on disk to compare with.");
        }

        if (served.Fingerprint == wanted.Fingerprint)
        {
            return (CertificateCondition.Fresh, null);
        }

        return console.Kind == ConsoleKind.Spice
            ? (CertificateCondition.NeedsRestart, ForSpice)
            : (tried?.Outcome == ReloadOutcome.NeedsRestart ? CertificateCondition.NeedsRestart : CertificateCondition.Pending, tried?.Reason);
    }

    private static string Sentence(string? words) => words is null ? "" : words.EndsWith('.') ? $"{words} " : $"{words}. ";
}
