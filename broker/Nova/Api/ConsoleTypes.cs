using Consoles.Common.Inventory;
using Microsoft.Extensions.Options;

namespace Consoles.Broker.Nova.Api;

/// <summary>Nova's types of consoles: what of a guest each shows, and which listener serves it.</summary>
internal sealed class ConsoleTypes(IOptions<NovaOptions> options)
{
    /// <exception cref="NovaFault">400: the type is not one of that protocol, or it is not served here.</exception>
    public ConsoleType Find(string protocol, string type)
    {
        var nova = options.Value;
        var ours = TimeSpan.FromSeconds(nova.TokenTtl);

        var found = (protocol, type) switch
        {
            ("vnc", "novnc") when nova.NoVnc.Enabled || !nova.VncProxy2011.Enabled => Type(nova.NoVnc, ConsoleKind.Vnc, "VNC display", ours, ConsoleUrl.ForNoVnc),
            ("vnc", "novnc") => new ConsoleType(
                ConsoleKind.Vnc, "VNC display", TimeSpan.FromSeconds(nova.VncProxy2011.TokenTtl), token => ConsoleUrl.Plain($"{Of2011(nova.VncProxy2011)}/", token)),
            ("vnc", "xvpvnc") => Type(nova.XvpVnc, ConsoleKind.Vnc, "VNC display", ours, ConsoleUrl.Plain),
            ("spice", "spice-html5") => Type(nova.Spice, ConsoleKind.Spice, "SPICE display", ours, ConsoleUrl.Plain),
            ("spice", "spice-direct") => Type(nova.SpiceDirect, ConsoleKind.Spice, "SPICE display", ours, ConsoleUrl.Plain),
            ("serial", "serial") => Type(nova.Serial, ConsoleKind.Serial, "serial console that can be opened", ours, ConsoleUrl.Plain),
            ("rdp", "rdp-html5") or ("mks", "webmks") => null,
            _ => throw new NovaFault(400, $"Invalid console type {type}. It is none of protocol {protocol}."),
        };

        return found ?? throw Unavailable(type, "It is not served here.");
    }

    public static NovaFault Unavailable(string type, string why) => new(400, $"Unavailable console type {type}. {why}");

    private static ConsoleType? Type(NovaProxyOptions proxy, ConsoleKind kind, string what, TimeSpan lifetime, Func<string, string, string> url) =>
        proxy.Enabled ? new ConsoleType(kind, what, lifetime, token => url(proxy.BaseUrl, token)) : null;

    private static string Of2011(Nova2011Options proxy) => (proxy.ConsoleProxyUrl ?? "http://127.0.0.1:6080").TrimEnd('/');
}

/// <param name="What">In words.</param>
/// <param name="Lifetime">How long a token is good.</param>
/// <param name="UrlOf">The address that opens it with that token.</param>
internal sealed record ConsoleType(ConsoleKind Kind, string What, TimeSpan Lifetime, Func<string, string> UrlOf)
{
    /// <summary>
    /// The console of a guest, or null when it has none such. Of serial ones it is the first that listens on TCP, as with Nova; where none does, the first that an agent can carry.
    /// </summary>
    public ConsoleEndpoint? Choose(DomainReport domain)
    {
        var fitting = domain.Consoles.Where(console => console.Kind == Kind && !console.Connects).ToList();
        return fitting.Find(console => Kind == ConsoleKind.Serial && console.Transport == ConsoleTransport.Tcp) ?? fitting.FirstOrDefault();
    }
}
