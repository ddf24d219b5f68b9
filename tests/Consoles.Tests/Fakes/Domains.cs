using Consoles.Common.Inventory;

namespace Consoles.Tests.Fakes;

/// <summary>Domains as an agent might report them.</summary>
internal static class Domains
{
    public static DomainId Id(int number) => new(new Guid(number, 0, 0, [0, 0, 0, 0, 0, 0, 0, 1]));

    public static DomainReport Running(int number, int port = 5900) => new()
    {
        Id = Id(number),
        Name = $"guest{number}",
        State = "running",
        Incarnation = new Incarnation(Id(number), 1000 + number, 2000 + number),
        Consoles = [new ConsoleEndpoint { Kind = ConsoleKind.Vnc, Name = "vnc0", Transport = ConsoleTransport.Tcp, Host = "127.0.0.1", Port = port }],
    };
}
