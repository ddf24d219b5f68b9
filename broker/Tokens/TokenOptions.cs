using System.ComponentModel.DataAnnotations;

namespace Consoles.Broker.Tokens;

internal sealed class TokenOptions : IValidatableObject
{
    /// <summary>How long a token waits to be redeemed. A session that it opened may outlive it.</summary>
    [Range(typeof(TimeSpan), "00:00:05", "00:10:00")]
    public TimeSpan Lifetime { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>The longest wait that a request may ask for.</summary>
    [Range(typeof(TimeSpan), "00:00:05", "00:10:00")]
    public TimeSpan MaxLifetime { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>How many tokens one user may be issued in a minute.</summary>
    [Range(1, 100_000)]
    public int IssuedPerMinute { get; set; } = 30;

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Lifetime > MaxLifetime)
        {
            yield return new ValidationResult($"{Lifetime} is more than MaxLifetime, {MaxLifetime}.", [nameof(Lifetime)]);
        }
    }
}
