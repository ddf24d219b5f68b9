using System.Globalization;
using Consoles.Common.Inventory;

namespace Consoles.Agent.Inventory;

/// <summary>A node's consoles as lines of text: one a console, one a domain that has none.</summary>
internal static class ScanTable
{
    private static readonly string[] Head = ["DOMAIN", "STATE", "CONSOLE", "KIND", "ADDRESS", "READINESS", "REASON"];

    public static string Of(IEnumerable<DomainReport> domains)
    {
        List<string[]> rows = [Head, .. domains.OrderBy(domain => domain.Name, StringComparer.Ordinal).SelectMany(Rows)];
        var widths = Head.Select((_, column) => rows.Max(row => new StringInfo(row[column]).LengthInTextElements)).ToList();

        return string.Concat(rows.Select(row => string.Join("  ", row.Select((cell, column) => Pad(cell, widths[column]))).TrimEnd() + Environment.NewLine));
    }

    /// <summary>Where a console listens, in the words of a person.</summary>
    internal static string Address(ConsoleEndpoint console) => console.Transport switch
    {
        ConsoleTransport.Tcp when console is { Port: { } port, TlsPort: { } tls } => $"{HostPort(console, port)}, tls {tls}",
        ConsoleTransport.Tcp when console.TlsPort is { } tls => $"{HostPort(console, tls)} tls",
        ConsoleTransport.Tcp when console.Port is { } port => (console.Connects ? "dials " : "") + HostPort(console, port) + (console.Telnet ? " telnet" : ""),
        ConsoleTransport.Tcp => "no port",
        ConsoleTransport.Unix => (console.Connects ? "dials unix:" : "unix:") + console.Path,
        ConsoleTransport.Pty => $"pty:{console.Path}",
        _ => "only through libvirt",
    };

    private static IEnumerable<string[]> Rows(DomainReport domain) => domain.Consoles.Count == 0
        ? [[domain.Name, domain.State, "-", "-", "-", "-", domain.Refusal ?? WhyNone(domain)]]
        : domain.Consoles.Select(console => Row(domain, console));

    private static string WhyNone(DomainReport domain) =>
        domain.Incarnation is not null ? "It has no console."
        : domain.State == "paused" ? "It is being started."
        : "It does not run.";

    private static string[] Row(DomainReport domain, ConsoleEndpoint console)
    {
        var (readiness, reason) = Ready(console);
        return [domain.Name, domain.State, console.Name, console.Kind.ToString().ToLowerInvariant(), Address(console), readiness, domain.Refusal ?? reason];
    }

    private static (string Word, string Reason) Ready(ConsoleEndpoint console) => console switch
    {
        { Readiness: { } found } => (Word(found.Security), Printable.Of(Certificate(found), 400)),
        { Transport: ConsoleTransport.Tcp, Tls: true } => ("tls", "Its XML says that QEMU wants TLS; serial lines are not asked."),
        { Transport: ConsoleTransport.Tcp, Kind: ConsoleKind.Spice, TlsPort: not null } => ("tls", "Its XML names a TLS port; SPICE is not asked."),
        { Transport: ConsoleTransport.Tcp, Kind: ConsoleKind.Vnc } => ("-", "It was not asked."),
        { Transport: ConsoleTransport.Tcp } => ("none", "Its XML says nothing of TLS."),
        _ => ("local", "It has no TCP port: only this node reaches it."),
    };

    private static string Certificate(Readiness found) => found.Certificate is { } served
        ? $"{found.Reason} The certificate is good until {served.NotAfter:yyyy-MM-dd HH:mm}Z."
        : found.Reason;

    private static string Word(ConsoleSecurity security) => security switch
    {
        ConsoleSecurity.None => "none",
        ConsoleSecurity.Password => "password",
        ConsoleSecurity.X509 => "x509",
        ConsoleSecurity.X509Password => "x509+password",
        ConsoleSecurity.X509Sasl => "x509+sasl",
        ConsoleSecurity.AnonymousTls => "anonymous-tls",
        _ => "unreachable",
    };

    private static string HostPort(ConsoleEndpoint console, int port)
    {
        var host = console.Host ?? "?";
        return host.Contains(':', StringComparison.Ordinal) ? $"[{host}]:{port}" : $"{host}:{port}";
    }

    private static string Pad(string cell, int width) => cell + new string(' ', width - new StringInfo(cell).LengthInTextElements);
}
