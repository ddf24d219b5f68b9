using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Consoles.Agent.Libvirt;

/// <summary>Which libvirt the agent reports of, and how long it may take to answer.</summary>
internal sealed class LibvirtOptions
{
    /// <summary>A libvirt connection URI (libvirt.org/uri.html).</summary>
    [Required]
    public string Uri { get; set; } = "qemu:///system";

    /// <summary>After this long without an answer the agent calls libvirt unresponsive, and goes on.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:05:00")]
    public TimeSpan CallTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How often libvirtd is asked whether it lives. After four times without an answer the connection counts as lost.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:01:00")]
    public TimeSpan KeepAlive { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Where libvirt's QEMU driver keeps its pid files, or null to derive it from <see cref="Uri"/>.</summary>
    public string? StateDirectory { get; set; }

    /// <summary>Where libvirt keeps the lock files of pseudo-terminals (its build's option chrdev_lock_files).</summary>
    [Required]
    public string LockDirectory { get; set; } = "/var/lock";
}

[OptionsValidator]
internal sealed partial class LibvirtOptionsValidator : IValidateOptions<LibvirtOptions>;
