namespace Consoles.Agent.Identity;

/// <summary>When a certificate is renewed, and how loud it gets when it is not.</summary>
internal static class RenewalSchedule
{
    private static readonly TimeSpan FirstRetry = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan LastRetry = TimeSpan.FromHours(1);

    /// <summary>Half into its life, ten per cent of that earlier or later, so that a fleet that was enrolled at once does not renew at once.</summary>
    /// <param name="jitter">From -1 to 1.</param>
    public static DateTimeOffset DueAt(DateTimeOffset notBefore, DateTimeOffset notAfter, double jitter) =>
        notBefore + (notAfter - notBefore) * (0.5 * (1 + 0.1 * Math.Clamp(jitter, -1, 1)));

    /// <summary>How long to wait after so many failures in a row: a minute, doubled up to an hour, and up to half of it less.</summary>
    /// <param name="jitter">From 0 to 1.</param>
    public static TimeSpan RetryAfter(int failures, double jitter)
    {
        var doubled = FirstRetry * Math.Pow(2, Math.Clamp(failures - 1, 0, 16));
        var limited = doubled < LastRetry ? doubled : LastRetry;
        return limited * (1 - 0.5 * Math.Clamp(jitter, 0, 1));
    }

    public static RenewalUrgency UrgencyAt(DateTimeOffset now, DateTimeOffset notBefore, DateTimeOffset notAfter) =>
        ((now - notBefore) / (notAfter - notBefore)) switch
        {
            >= 1 => RenewalUrgency.Expired,
            >= 0.85 => RenewalUrgency.High,
            >= 0.67 => RenewalUrgency.Raised,
            _ => RenewalUrgency.Low,
        };
}

internal enum RenewalUrgency
{
    /// <summary>Failures are part of life: there is half of it left.</summary>
    Low,

    /// <summary>A third is left.</summary>
    Raised,

    /// <summary>A person must act.</summary>
    High,

    /// <summary>Too late: the broker takes no expired certificate, not even to renew it.</summary>
    Expired,
}
