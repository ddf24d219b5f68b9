namespace Consoles.Broker.Access;

internal static class AccessSlice
{
    public static void AddAccess(this WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton<ApiKeys>();
    }

    public static void MapAccess(this WebApplication broker)
    {
    }
}
