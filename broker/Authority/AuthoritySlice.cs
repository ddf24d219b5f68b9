namespace Consoles.Broker.Authority;

internal static class AuthoritySlice
{
    public static void AddAuthority(this WebApplicationBuilder builder)
    {
    }
}
