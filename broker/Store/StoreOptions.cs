using System.ComponentModel.DataAnnotations;

namespace Consoles.Broker.Store;

internal sealed class StoreOptions
{
    /// <summary>Where the broker keeps its state: the database, and the authority's keys beside it.</summary>
    [Required]
    public string Directory { get; set; } = "/var/lib/consoles";

    /// <summary>How long a writer waits for another process, such as a command run beside the broker.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:01:00")]
    public TimeSpan BusyTimeout { get; set; } = TimeSpan.FromSeconds(5);
}
