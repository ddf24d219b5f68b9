namespace Consoles.Broker.Store;

internal static class StoreSlice
{
    public static void AddStore(this WebApplicationBuilder builder)
    {
    }
}
