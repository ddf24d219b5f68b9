using System.ComponentModel.DataAnnotations;
using Consoles.Common.Inventory;
using Microsoft.Extensions.Options;

namespace Consoles.Agent.Relays;

/// <summary>How the agent keeps its node's serial consoles.</summary>
internal sealed class SerialOptions
{
    /// <summary>Attach to each serial console as soon as its domain is seen, and keep what it says. Else the agent attaches while somebody looks.</summary>
    public bool Scrollback { get; set; } = true;

    /// <summary>Domains, by name or UUID, for which there is no scrollback whatever <see cref="Scrollback"/> says.</summary>
    public IList<string> ScrollbackOff { get; } = [];

    /// <summary>How much of the past is kept of each console, in bytes.</summary>
    [Range(4096, 64 * 1024 * 1024)]
    public int ScrollbackBytes { get; set; } = 1024 * 1024;

    /// <summary>How much of the past is kept of all consoles together, in bytes. Where that is less than each might have, each has less.</summary>
    [Range(1024 * 1024, 64L * 1024 * 1024 * 1024)]
    public long MaxScrollbackTotal { get; set; } = 256L * 1024 * 1024;

    /// <summary>Where ca-cert.pem, and client-cert.pem with client-key.pem where there is one, are for consoles in TLS. Null: /etc/pki/libvirt-chardev, or else /etc/pki/qemu.</summary>
    public string? TlsDirectory { get; set; }

    /// <summary>Where log files of serial consoles may be read from. What domain XML names outside of these is not read.</summary>
    public IList<string> LogDirectories { get; } = ["/var/log/libvirt", "/var/lib/libvirt", "/var/lib/nova/instances"];

    public bool Keeps(DomainReport domain) =>
        Scrollback && !ScrollbackOff.Any(name => name == domain.Name || string.Equals(name, domain.Id.ToString(), StringComparison.OrdinalIgnoreCase));
}

[OptionsValidator]
internal sealed partial class SerialOptionsValidator : IValidateOptions<SerialOptions>;
