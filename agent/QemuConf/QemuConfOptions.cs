using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Consoles.Agent.QemuConf;

/// <summary>What a node's qemu.conf should say. What is null here is left as it is there.</summary>
internal sealed class QemuConfOptions
{
    public const string Section = "QemuConf";

    [Required]
    public string Path { get; set; } = "/etc/libvirt/qemu.conf";

    /// <summary>Differences from this policy are reported even before the first <c>consoles-agent qemu-conf --apply</c>, after which they always are.</summary>
    public bool Managed { get; set; }

    /// <summary>VNC inside TLS with certificates: vnc_tls.</summary>
    public bool? Vnc { get; set; } = true;

    /// <summary>Only those who show a certificate are let in: vnc_tls_x509_verify.</summary>
    public bool? VncVerify { get; set; } = true;

    public string? VncDirectory { get; set; }

    /// <summary>spice_tls.</summary>
    public bool? Spice { get; set; }

    public string? SpiceDirectory { get; set; }

    /// <summary>chardev_tls: libvirt then puts every serial line on TCP inside TLS that does not say otherwise itself.</summary>
    public bool? Chardev { get; set; }

    /// <summary>chardev_tls_x509_verify, where <see cref="Chardev"/> is true.</summary>
    public bool? ChardevVerify { get; set; } = true;

    public string? ChardevDirectory { get; set; }

    /// <summary>vnc_listen: where guests listen whose XML names no address.</summary>
    public string? VncListen { get; set; }

    /// <summary>spice_listen.</summary>
    public string? SpiceListen { get; set; }

    /// <summary>vnc_auto_unix_socket: such guests listen on a socket file instead, which only this node reaches.</summary>
    public bool? VncAutoUnixSocket { get; set; }

    /// <summary>spice_auto_unix_socket.</summary>
    public bool? SpiceAutoUnixSocket { get; set; }
}

[OptionsValidator]
internal sealed partial class QemuConfOptionsValidator : IValidateOptions<QemuConfOptions>;
