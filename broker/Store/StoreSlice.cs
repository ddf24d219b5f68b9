using Consoles.Broker.Hosting;

namespace Consoles.Broker.Store;

internal static class StoreSlice
{
    public static void AddStore(this WebApplicationBuilder builder)
    {
        builder.AddValidatedOptions<StoreOptions>("Store");
        builder.Services.AddSingleton<Database>();
        builder.Services.AddHostedService<StoreOpening>();
    }
}
