namespace Consoles.Broker.Sessions;

internal static class SessionsSlice
{
    public static void AddSessions(this WebApplicationBuilder builder)
    {
    }

    public static void MapSessions(this WebApplication broker)
    {
    }
}
