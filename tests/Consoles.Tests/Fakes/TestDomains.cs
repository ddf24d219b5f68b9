using Consoles.Common.Inventory;

namespace Consoles.Tests.Fakes;

/// <summary>Domains as agents report them.</summary>
internal static class TestDomains
{
    /// <summary>A running domain, with a VNC console on that loopback port.</summary>
    public static DomainReport Running(string name, int vncPort = 5900, DomainId? id = null, int pid = 1000)
    {
        var uuid = id ?? new DomainId(Guid.NewGuid());

        return new DomainReport
        {
            Id = uuid,
            Name = name,
            State = "running",
            Incarnation = new Incarnation(uuid, StartTicks: 4711, pid),
            Consoles = [new ConsoleEndpoint { Kind = ConsoleKind.Vnc, Name = "vnc0", Transport = ConsoleTransport.Tcp, Host = "127.0.0.1", Port = vncPort }],
        };
    }
}
