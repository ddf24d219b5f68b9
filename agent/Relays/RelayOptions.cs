using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Consoles.Agent.Relays;

internal sealed class RelayOptions
{
    /// <summary>How many streams the agent carries at a time. One more is refused with a reason.</summary>
    [Range(1, 100_000)]
    public int MaxStreams { get; set; } = 1024;
}

[OptionsValidator]
internal sealed partial class RelayOptionsValidator : IValidateOptions<RelayOptions>;
