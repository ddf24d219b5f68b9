namespace Consoles.Broker.Tokens;

internal static class TokensSlice
{
    public static void AddTokens(this WebApplicationBuilder builder)
    {
    }

    public static void MapTokens(this WebApplication broker)
    {
    }
}
