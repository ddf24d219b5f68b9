using System.ComponentModel.DataAnnotations;

namespace Consoles.Broker.Access;

internal sealed class AccessOptions
{
    /// <summary>
    /// The names under which people reach this broker, without a port, beside the loopback names, the names in its own certificate, and the address it is reached at.
    /// A request for any other host is refused: a foreign name that was made to resolve to us is not ours.
    /// </summary>
    [MaxLength(64)]
    public string[] HostNames { get; set; } = [];

    /// <summary>How long a browser stays logged in.</summary>
    [Range(typeof(TimeSpan), "00:01:00", "7.00:00:00")]
    public TimeSpan LoginLifetime { get; set; } = TimeSpan.FromHours(8);

    /// <summary>So many wrong secrets from one network (/24, /64) within <see cref="FailureWindow"/>, and it has to wait.</summary>
    [Range(1, 1_000_000)]
    public int FailureLimit { get; set; } = 10;

    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan FailureWindow { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How long it then has to wait.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan FailurePenalty { get; set; } = TimeSpan.FromSeconds(60);
}
