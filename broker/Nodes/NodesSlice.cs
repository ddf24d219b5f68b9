using Consoles.Broker.Hosting;

namespace Consoles.Broker.Nodes;

internal static class NodesSlice
{
    public static void AddNodes(this WebApplicationBuilder builder)
    {
        builder.AddValidatedOptions<NodeOptions>("Nodes");
        builder.Services.AddSingleton<NodeRegistry>();
        builder.Services.AddSingleton<AgentIdentity>();
        builder.Services.AddSingleton<ConsoleDirectory>();
        builder.Services.AddSingleton<AgentLinks>();
        builder.Services.AddSingleton<IConsolePasswords, LinkPasswords>();
        builder.Services.AddSingleton<IAgentKeys, LinkKeys>();
        builder.Services.AddSingleton<IAgentLines, LinkLines>();
        builder.Services.AddSingleton<AgentStreams>();
        builder.Services.AddSingleton<IAgentStreams>(services => services.GetRequiredService<AgentStreams>());
        builder.Services.AddSingleton<HandshakeHolds>();
        builder.Services.AddSingleton<CertificateProofs>();
        builder.Services.AddSingleton<RollOverProof>();
        builder.Services.AddHostedService<LinkSweep>();
        builder.Services.AddHostedService<ProofKeeper>();
    }

    public static void MapNodes(this WebApplication broker)
    {
        broker.MapEnrolment();
        broker.MapHostCertificates();
        broker.MapHolds();
        broker.MapLink();
        broker.MapStreams();
    }
}
