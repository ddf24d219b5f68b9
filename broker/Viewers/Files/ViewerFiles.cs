using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Consoles.Broker.Api;
using Consoles.Broker.Authority;
using Consoles.Broker.Nodes;
using Consoles.Broker.Viewers.Spice;
using Consoles.Common.Inventory;
using Microsoft.Extensions.Options;

namespace Consoles.Broker.Viewers.Files;

/// <summary>Writes the files that start viewers.</summary>
internal sealed class ViewerFiles(
    ViewerListeners listeners, ViewerCertificate certificate, QemuTlsRun passing, IGuestTrust guests, ConsoleDirectory directory, IOptions<ViewersOptions> options)
{
    // Viewers ask the proxy for it, which never goes there. It must look like a port.
    private const int AnyPort = 5901;

    // Whose the console is the token says. Without a user, or without a password, GLib shows a proxy nothing at all.
    private const string AnyUser = "token";

    /// <param name="askedAt">The name by which the browser reached this broker.</param>
    /// <exception cref="IOException">What viewers are to trust cannot be read.</exception>
    public string Write(ConsoleIssued issued, string askedAt)
    {
        var host = (options.Value.PublicName ?? askedAt).Trim('[', ']');
        var title = $"{issued.Grant.Domain} ({issued.Grant.Console})";
        var token = issued.Token.Reveal();

        return ViewerFile.Write(issued.Grant.Kind == ConsoleKind.Vnc ? OfVnc(host, title, token) : OfSpice(host, title, token, passing.Serves(issued.Target.Endpoint) ? Qemu(issued.Target.Node) : Broker(host)));
    }

    private Dictionary<string, string?> OfVnc(string host, string title, string token) => new()
    {
        ["type"] = "vnc",
        ["host"] = host,
        ["port"] = PortOf(listeners.Vnc!),

        ["username"] = AnyUser,
        ["password"] = token,
        ["title"] = title,
        ["delete-this-file"] = "1",
    };

    private Dictionary<string, string?> OfSpice(string host, string title, string token, TlsEnd end) => new()
    {
        ["type"] = "spice",

        // What the proxy is asked for, and what is looked for in the certificate where no subject is said.
        ["host"] = end.Host,
        ["tls-port"] = AnyPort.ToString(CultureInfo.InvariantCulture),
        ["proxy"] = $"{options.Value.Spice.Scheme.ToString().ToLowerInvariant()}://{AnyUser}:{token}@{InUrl(host)}:{PortOf(listeners.Spice!)}",
        ["ca"] = end.Authorities,
        ["host-subject"] = end.Subject,
        ["secure-channels"] = "main;display;inputs;cursor;playback",
        ["title"] = title,
        ["delete-this-file"] = "1",
    };

    private TlsEnd Broker(string host) => new(host, certificate.Authorities, HostSubject.Of(certificate.Context.TargetCertificate.SubjectName));

    private TlsEnd Qemu(NodeIdentity node)
    {
        var roots = string.Concat(guests.Of(node.Name).Roots.Roots.Select(root => root.ExportCertificatePem() + "\n"));
        var sets = directory.Nodes.FirstOrDefault(entry => entry.Identity.Name == node.Name)?.Certificates?.Sets ?? [];
        var shown = sets.FirstOrDefault(set => set is { Use: CertificateUse.Spice, Certificate: not null })?.Certificate;
        return new TlsEnd(node.Name, roots, shown is null ? null : HostSubject.Of(new X500DistinguishedName(shown.Subject)));
    }

    private static string PortOf(IPEndPoint listener) => listener.Port.ToString(CultureInfo.InvariantCulture);

    private static string InUrl(string host) => IPAddress.TryParse(host, out var address) && address.AddressFamily == AddressFamily.InterNetworkV6 ? $"[{host}]" : host;

    /// <summary>Who shows the viewer a certificate, and what the viewer needs to judge it.</summary>
    private sealed record TlsEnd(string Host, string? Authorities, string? Subject);
}
