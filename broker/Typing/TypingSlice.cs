namespace Consoles.Broker.Typing;

internal static class TypingSlice
{
    public static void AddTyping(this WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton<KeyboardLayouts>();
        builder.Services.AddSingleton<Typist>();
    }

    // A program whose layouts cannot be read must not start.
    public static void MapTyping(this WebApplication broker) => _ = broker.Services.GetRequiredService<KeyboardLayouts>();
}
