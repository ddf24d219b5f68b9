namespace Consoles.Broker;

internal static class Listeners
{
    public static void AddListeners(this WebApplicationBuilder builder)
    {
    }

    public static void UseListeners(this WebApplication broker)
    {
    }
}
