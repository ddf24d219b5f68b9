using Consoles.Agent.QemuConf;
using Consoles.Common.Inventory;

namespace Consoles.Agent.Enabling;

/// <summary>How a console of a running guest stands to what qemu.conf asks of guests that are started now.</summary>
internal static class RollOut
{
    /// <summary>Says in words why the console is not protected as qemu.conf asks, or null when it is or qemu.conf asks for nothing.</summary>
    /// <param name="found">What a handshake found, of a VNC console.</param>
    /// <param name="verifies">Whether its QEMU was told to let in nobody without a certificate; null where that is not known.</param>
    public static string? Fault(ConsoleEndpoint console, Readiness? found, bool? verifies, QemuSettings settings) => console switch
    {
        { Transport: not (ConsoleTransport.Tcp or ConsoleTransport.Unix) } => null,
        { Kind: ConsoleKind.Vnc } when settings.VncTls => Vnc(found, verifies, settings),
        { Kind: ConsoleKind.Spice, Transport: ConsoleTransport.Tcp, TlsPort: null } when settings.SpiceTls => "it offers no TLS: it was started before qemu.conf asked for it, or its XML forbids it",
        { Kind: ConsoleKind.Serial, Transport: ConsoleTransport.Tcp, Tls: false } when settings.ChardevTls => "it offers no TLS: it was started before qemu.conf asked for it, or its XML forbids it",
        _ => null,
    };

    private static string? Vnc(Readiness? found, bool? verifies, QemuSettings settings) => found?.Security switch
    {
        ConsoleSecurity.None or ConsoleSecurity.Password or ConsoleSecurity.AnonymousTls => "it offers no TLS with a certificate: it was started before qemu.conf asked for it",
        ConsoleSecurity.X509 or ConsoleSecurity.X509Password or ConsoleSecurity.X509Sasl when settings.VncVerify && verifies is false =>
            "it lets in those who show no certificate: it was started before qemu.conf forbade that",
        ConsoleSecurity.X509 or ConsoleSecurity.X509Password or ConsoleSecurity.X509Sasl => null,
        _ => $"it could not be asked: {found?.Reason ?? "it gave no answer"}",
    };
}
