using System.ComponentModel.DataAnnotations;
using System.Net;

namespace Consoles.Broker.Authority;

internal sealed class AuthorityOptions : IValidatableObject
{
    /// <summary>DNS names and IP addresses by which agents and browsers know this broker, beside its host name, localhost and the loopback addresses.</summary>
    public IReadOnlyList<string> Names { get; set; } = [];

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext) =>
        from name in Names
        where !IPAddress.TryParse(name, out _) && !DnsName.IsValid(name)
        select new ValidationResult($"'{name}' is neither a DNS name in lower case nor an IP address.", [nameof(Names)]);
}
