using System.Text.Json.Serialization;

namespace Consoles.Common.Inventory;

/// <summary>How a console is reached on its node.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ConsoleTransport>))]
public enum ConsoleTransport
{
    /// <summary>A TCP port: <see cref="ConsoleEndpoint.Host"/> with <see cref="ConsoleEndpoint.Port"/>, <see cref="ConsoleEndpoint.TlsPort"/> or both.</summary>
    [JsonStringEnumMemberName("tcp")] Tcp,

    /// <summary>A unix socket at <see cref="ConsoleEndpoint.Path"/>.</summary>
    [JsonStringEnumMemberName("unix")] Unix,

    /// <summary>A pseudo-terminal at <see cref="ConsoleEndpoint.Path"/>.</summary>
    [JsonStringEnumMemberName("pty")] Pty,

    /// <summary>No address at all (listen type='none'): only libvirt can hand it over.</summary>
    [JsonStringEnumMemberName("none")] None,
}

/// <summary>Where one console of a domain listens, as the live domain XML says (libvirt: formatdomain, graphics and consoles).</summary>
public sealed record ConsoleEndpoint
{
    public required ConsoleKind Kind { get; init; }

    /// <summary>Unique within the domain: the device's alias (serial0, console1), or vnc0, spice0 for graphics, which have none.</summary>
    public required string Name { get; init; }

    public required ConsoleTransport Transport { get; init; }

    /// <summary>The listen address, or null where the transport has none.</summary>
    public string? Host { get; init; }

    /// <summary>The plain port (VNC: also the VeNCrypt one), or null when the console has none.</summary>
    public int? Port { get; init; }

    /// <summary>SPICE's TLS port, or null.</summary>
    public int? TlsPort { get; init; }

    /// <summary>QEMU's own WebSocket port, or null. We never use it, and say so where it is open (CVE-2025-11234).</summary>
    public int? WebSocketPort { get; init; }

    public string? Path { get; init; }

    /// <summary>A serial console on TCP whose QEMU wants TLS (source tls='yes').</summary>
    public bool Tls { get; init; }

    /// <summary>A serial console on TCP that speaks telnet (protocol type='telnet').</summary>
    public bool Telnet { get; init; }

    /// <summary>A serial console for which QEMU dials out instead of listening (source mode='connect').</summary>
    public bool Connects { get; init; }

    /// <summary>QEMU asks for its own VNC password or SPICE ticket.</summary>
    public bool PasswordSet { get; init; }

    public string? SharePolicy { get; init; }

    public string? Keymap { get; init; }

    /// <summary>The file virtlogd or QEMU writes the serial line to, or null.</summary>
    public string? LogFile { get; init; }

    /// <summary>What a real handshake found, or null while none has been made.</summary>
    public Readiness? Readiness { get; init; }
}
