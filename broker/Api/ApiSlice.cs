namespace Consoles.Broker.Api;

internal static class ApiSlice
{
    public static void AddApi(this WebApplicationBuilder builder)
    {
    }

    public static void MapApi(this WebApplication broker)
    {
    }
}
