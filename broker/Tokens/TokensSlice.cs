using Consoles.Broker.Hosting;

namespace Consoles.Broker.Tokens;

internal static class TokensSlice
{
    public static void AddTokens(this WebApplicationBuilder builder)
    {
        builder.AddValidatedOptions<TokenOptions>("Tokens");
        builder.Services.AddSingleton<TokenKey>();
        builder.Services.AddHostedService(services => services.GetRequiredService<TokenKey>());
        builder.Services.AddSingleton<ConsoleTokens>();
        builder.Services.AddSingleton<IssueLimits>();
    }
}
