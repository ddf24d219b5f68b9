using System.ComponentModel.DataAnnotations;

namespace Consoles.Broker.Nodes;

internal sealed class NodeOptions
{
    /// <summary>
    /// How long what a node said last is kept after its agent fell silent. Such a node's VNC consoles may still be dialled, since their guests prove who they are.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:30", "7.00:00:00")]
    public TimeSpan KeptSilent { get; set; } = TimeSpan.FromHours(1);
}
