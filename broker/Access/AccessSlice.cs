namespace Consoles.Broker.Access;

internal static class AccessSlice
{
    public static void AddAccess(this WebApplicationBuilder builder)
    {
    }

    public static void MapAccess(this WebApplication broker)
    {
    }
}
