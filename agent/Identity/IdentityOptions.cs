using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Consoles.Agent.Identity;

/// <summary>Where the agent keeps who it is.</summary>
internal sealed class IdentityOptions
{
    public const string DefaultStateDirectory = "/var/lib/consoles-agent";

    [Required]
    public string StateDirectory { get; set; } = DefaultStateDirectory;

    /// <summary>The broker's address, where it has moved since the node was enrolled (https://HOST:PORT).</summary>
    public string? Broker { get; set; }
}

[OptionsValidator]
internal sealed partial class IdentityOptionsValidator : IValidateOptions<IdentityOptions>;
