namespace Consoles.Broker.Nodes;

internal static class NodesSlice
{
    public static void AddNodes(this WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton<NodeRegistry>();
        builder.Services.AddSingleton<AgentIdentity>();
        builder.Services.AddSingleton<ConsoleDirectory>();
        builder.Services.AddSingleton<AgentLinks>();
        builder.Services.AddSingleton<IConsolePasswords, LinkPasswords>();
        builder.Services.AddHostedService<LinkSweep>();
    }

    public static void MapNodes(this WebApplication broker)
    {
        broker.MapEnrolment();
        broker.MapLink();
    }
}
