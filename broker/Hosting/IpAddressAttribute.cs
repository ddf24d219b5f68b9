using System.ComponentModel.DataAnnotations;
using System.Net;

namespace Consoles.Broker.Hosting;

/// <summary>The option is an IP address, not a name: nothing is resolved at start.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class IpAddressAttribute() : ValidationAttribute("The field {0} must be an IP address.")
{
    public override bool IsValid(object? value) => value is null || (value is string text && IPAddress.TryParse(text, out _));
}
