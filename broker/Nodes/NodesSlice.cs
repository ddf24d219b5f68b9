namespace Consoles.Broker.Nodes;

internal static class NodesSlice
{
    public static void AddNodes(this WebApplicationBuilder builder)
    {
    }

    public static void MapNodes(this WebApplication broker)
    {
    }
}
