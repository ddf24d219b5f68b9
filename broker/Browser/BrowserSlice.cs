namespace Consoles.Broker.Browser;

internal static class BrowserSlice
{
    public static void AddBrowser(this WebApplicationBuilder builder)
    {
    }

    public static void MapBrowser(this WebApplication broker)
    {
    }
}
