using Consoles.Broker.Nodes;
using Consoles.Broker.Sessions;
using Consoles.Common.Inventory;

namespace Consoles.Broker.Api;

/// <summary>A console as the API shows it.</summary>
internal static class ConsoleView
{
    public static ConsoleAnswer Of(ConsoleTarget target, RoutePolicy routes, GuestTlsOptions tls, bool forAdmin)
    {
        var console = target.Endpoint;
        var choice = routes.Choose(target);
        var why = WhyNot(target, choice, tls);

        return new ConsoleAnswer(
            console.Name,
            console.Kind,
            Via(choice),
            Route(console, choice),
            console.Readiness is not { } found
                ? null
                : new ReadinessAnswer(found.Security, forAdmin ? found.Reason : ConsoleAddress.Hide(found.Reason, console), found.ProvedAt, forAdmin ? found.Certificate : null),
            Openable: why is null,
            why is null || forAdmin ? why : ConsoleAddress.Hide(why, console),
            forAdmin ? new EndpointAnswer(console.Host, console.Port, console.TlsPort, console.Path) : null);
    }

    /// <summary>Why this console cannot be opened, in words, or null when it can.</summary>
    private static string? WhyNot(ConsoleTarget target, RouteChoice choice, GuestTlsOptions tls) => target.Endpoint switch
    {
        _ when target.Domain.Incarnation is null => $"The domain is {target.Domain.State}.",
        _ when choice.WhyNot is { } whyNot => whyNot,

        // What a probe from the network found says nothing of a descriptor that libvirt hands over.
        _ when choice.Relayed => null,
        { Readiness: { Security: ConsoleSecurity.Unreachable } found } when !choice.WithoutAgent => $"The agent could not reach it: {found.Reason}",
        { Readiness.Security: ConsoleSecurity.X509Sasl } => "QEMU asks for SASL there, which the broker does not speak.",
        { Readiness.Security: ConsoleSecurity.AnonymousTls } => "QEMU offers anonymous TLS alone there: nothing would prove who answers.",
        { Readiness.Security: ConsoleSecurity.None or ConsoleSecurity.Password } or { Kind: ConsoleKind.Serial, Tls: false } or { Kind: ConsoleKind.Spice, TlsPort: null } when !tls.AllowsPlain(choice.Direct!.Address) =>
            "It offers no TLS, which is required for a console that is dialled over a network.",
        _ => null,
    };

    private static ConsoleVia? Via(RouteChoice choice) => choice switch
    {
        { Relayed: true } => ConsoleVia.Relayed,
        { Direct: not null } => ConsoleVia.Direct,
        _ => null,
    };

    private static string Route(ConsoleEndpoint console, RouteChoice choice)
    {
        var place = console.Transport switch
        {
            ConsoleTransport.Tcp when console.Tls || (console.Port is null && console.TlsPort is not null) => "a TCP port with TLS",
            ConsoleTransport.Tcp => "a TCP port",
            ConsoleTransport.Unix => "a unix socket on the node",
            ConsoleTransport.Pty => "a pseudo-terminal on the node",
            _ => "through libvirt on the node",
        };

        return choice switch
        {
            { Relayed: true } => $"relayed by the agent, {place}",
            { Direct: not null } => $"direct, {place}",
            _ => place,
        };
    }
}
