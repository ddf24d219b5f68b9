using Consoles.Broker.Nodes;
using Consoles.Broker.Sessions;
using Consoles.Common.Inventory;

namespace Consoles.Broker.Api;

/// <summary>A console as the API shows it.</summary>
internal static class ConsoleView
{
    public static ConsoleAnswer Of(ConsoleTarget target, bool forAdmin)
    {
        var console = target.Endpoint;
        var why = WhyNot(target);

        return new ConsoleAnswer(
            console.Name,
            console.Kind,
            Route(console),
            console.Readiness is not { } found
                ? null
                : new ReadinessAnswer(found.Security, forAdmin ? found.Reason : ConsoleAddress.Hide(found.Reason, console), found.ProvedAt, forAdmin ? found.Certificate : null),
            Openable: why is null,
            why is null || forAdmin ? why : ConsoleAddress.Hide(why, console),
            forAdmin ? new EndpointAnswer(console.Host, console.Port, console.TlsPort, console.Path) : null);
    }

    /// <summary>Why this console cannot be opened, in words, or null when it can.</summary>
    public static string? WhyNot(ConsoleTarget target) => target.Endpoint switch
    {
        _ when target.Domain.Incarnation is null => $"The domain is {target.Domain.State}.",
        { Kind: ConsoleKind.Spice } => "SPICE consoles are listed, and cannot be opened in a browser yet.",
        { Kind: ConsoleKind.Serial } => "Serial consoles are listed, and cannot be opened in a browser yet.",
        { Transport: not ConsoleTransport.Tcp } or { Port: null } => "It has no TCP port that the broker could dial.",
        { Readiness: { Security: ConsoleSecurity.Unreachable } found } => $"The agent could not reach it: {found.Reason}",
        { Readiness.Security: ConsoleSecurity.X509Sasl } => "QEMU asks for SASL there, which the broker does not speak.",
        { Readiness.Security: ConsoleSecurity.AnonymousTls } => "QEMU offers anonymous TLS alone there: nothing would prove who answers.",
        _ => DialAddress.WhyNot(target.Endpoint, target.Node),
    };

    private static string Route(ConsoleEndpoint console) => console.Transport switch
    {
        ConsoleTransport.Tcp when console.Tls || (console.Port is null && console.TlsPort is not null) => "direct, a TCP port with TLS",
        ConsoleTransport.Tcp => "direct, a TCP port",
        ConsoleTransport.Unix => "a unix socket on the node",
        ConsoleTransport.Pty => "a pseudo-terminal on the node",
        _ => "through libvirt on the node",
    };
}
