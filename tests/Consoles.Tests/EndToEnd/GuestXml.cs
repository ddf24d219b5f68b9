using System.Security;
using System.Text;

namespace Consoles.Tests.EndToEnd;

/// <summary>Puts a domain's XML together from the consoles that a test is about.</summary>
public sealed class GuestXml
{
    private readonly StringBuilder _devices = new();
    private readonly string _name;
    private readonly string _machine;
    private Guid? _id;

    private GuestXml(string name, string machine)
    {
        _name = name;
        _machine = machine;
    }

    /// <summary>No operating system at all: the firmware writes to the screen and to the serial line, and stops. The cheapest guest there is.</summary>
    public static GuestXml Firmware(string name) => new(
        name,
        """
        <memory unit='MiB'>16</memory>
          <os><type arch='x86_64' machine='pc'>hvm</type>@BIOS@</os>
          <features><acpi/><tcg><tb-cache unit='MiB'>8</tb-cache></tcg></features>
        """);

    /// <summary>A Linux with a shell on its screen and on each serial line.</summary>
    /// <param name="name">Of the domain, and what the guest calls itself.</param>
    /// <param name="image">Its kernel and initramfs.</param>
    /// <param name="memoryMiB">Less than 72 does not boot.</param>
    /// <param name="keymap">The layout of its screen's keyboard, such as de.</param>
    /// <param name="hear">Layouts, as "de,us": with one after the other it says on its first serial line what is typed (vagrant/guest/hear).</param>
    internal static GuestXml Linux(string name, GuestImage image, int memoryMiB = 96, string? keymap = null, string? hear = null) => new(
        name,
        $"""
        <memory unit='MiB'>{memoryMiB}</memory>
          <os>
            <type arch='x86_64' machine='pc'>hvm</type>
            <kernel>{image.Kernel}</kernel>
            <initrd>{image.Initrd}</initrd>
            <cmdline>console=ttyS0 console=tty1 quiet nokaslr guest={SecurityElement.Escape(name)}{(keymap is null ? null : $" keymap={keymap}")}{(hear is null ? null : $" hear={hear}")}</cmdline>
          </os>
          <features><acpi/><tcg><tb-cache unit='MiB'>32</tb-cache></tcg></features>
          <cpu mode='custom' match='exact'><model>qemu64</model></cpu>
        """);

    // libvirt refuses the firmware's serial output where there is no serial line.
    private bool HasSerial => _devices.ToString().Contains("<serial ", StringComparison.Ordinal);

    public GuestXml Id(Guid id)
    {
        _id = id;
        return this;
    }

    /// <summary>Adds a device as libvirt spells it.</summary>
    public GuestXml With(string device)
    {
        _devices.Append("    ").Append(device).Append('\n');
        return this;
    }

    public GuestXml Vnc(int? port = null, string? password = null, string listen = "127.0.0.1", string? passwordValidTo = null, string? sharePolicy = null, string? keymap = null, bool webSocket = false) =>
        With($"<graphics type='vnc'{Port(port)} listen='{listen}'{(webSocket ? " websocket='-1'" : null)}{Attribute("passwd", password)}{Attribute("passwdValidTo", passwordValidTo)}{Attribute("sharePolicy", sharePolicy)}{Attribute("keymap", keymap)}/>");

    public GuestXml VncUnix(string path) => With($"<graphics type='vnc'><listen type='socket' socket='{path}'/></graphics>");

    public GuestXml VncNone() => With("<graphics type='vnc'><listen type='none'/></graphics>");

    public GuestXml Spice(int? port = null, string? password = null, string listen = "127.0.0.1") =>
        With($"<graphics type='spice'{Port(port)} listen='{listen}'{Attribute("passwd", password)}/>");

    public GuestXml SpiceUnix(string path) => With($"<graphics type='spice'><listen type='socket' socket='{path}'/></graphics>");

    public GuestXml SpiceNone() => With("<graphics type='spice'><listen type='none'/></graphics>");

    public GuestXml SerialPty(string? log = null) => With($"<serial type='pty'>{Log(log)}</serial>");

    public GuestXml SerialTcp(int port, bool telnet = false, bool tls = false, string? log = null, string listen = "127.0.0.1") =>
        With($"<serial type='tcp'><source mode='bind' host='{listen}' service='{port}' tls='{(tls ? "yes" : "no")}'/><protocol type='{(telnet ? "telnet" : "raw")}'/>{Log(log)}</serial>");

    public GuestXml SerialUnix(string path, string? log = null) => With($"<serial type='unix'><source mode='bind' path='{path}'/>{Log(log)}</serial>");

    public GuestXml ConsoleVirtio() => With("<console type='pty'><target type='virtio'/></console>");

    public override string ToString() =>
        $"""
        <domain type='qemu'>
          <name>{SecurityElement.Escape(_name)}</name>
          {(_id is { } id ? $"<uuid>{id}</uuid>" : null)}
          {_machine.Replace("@BIOS@", HasSerial ? "<bios useserial='yes'/>" : null, StringComparison.Ordinal)}
          <vcpu>1</vcpu>
          <on_poweroff>destroy</on_poweroff>
          <on_reboot>restart</on_reboot>
          <on_crash>destroy</on_crash>
          <devices>
            <controller type='usb' model='none'/>
            <memballoon model='none'/>
            <video><model type='vga' vram='16384' heads='1'/></video>
        {_devices}  </devices>
        </domain>
        """;

    private static string Port(int? port) => port is null ? " autoport='yes'" : $" autoport='no' port='{port}'";

    private static string? Attribute(string name, string? value) => value is null ? null : $" {name}='{SecurityElement.Escape(value)}'";

    private static string? Log(string? file) => file is null ? null : $"<log file='{file}' append='on'/>";
}
