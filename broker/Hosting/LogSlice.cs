using Microsoft.Extensions.Logging.Console;

namespace Consoles.Broker.Hosting;

internal static class LogSlice
{
    private const string Timestamp = "yyyy-MM-ddTHH:mm:ss.fffZ ";

    public static void AddLog(this WebApplicationBuilder builder)
    {
        builder.AddValidatedOptions<LogOptions>("Log");

        // Read here and not through the options: the first logger is made before they are judged.
        _ = Enum.TryParse<LogFormat>(builder.Configuration["Log:Format"], ignoreCase: true, out var format);

        builder.Logging.ClearProviders();
        builder.Logging.AddConsole(console => console.FormatterName = format == LogFormat.Json ? ConsoleFormatterNames.Json : ConsoleFormatterNames.Simple);
        builder.Services.Configure<SimpleConsoleFormatterOptions>(text => (text.SingleLine, text.UseUtcTimestamp, text.TimestampFormat) = (true, true, Timestamp));
        builder.Services.Configure<JsonConsoleFormatterOptions>(json => (json.UseUtcTimestamp, json.TimestampFormat) = (true, Timestamp.TrimEnd()));

        // A broker that does not start says so once, in words (the commands do); the frameworks would add their stack traces.
        var started = new StartMark();
        builder.Services.AddSingleton(started);
        builder.Logging.AddFilter("Microsoft.AspNetCore", level => started.Started && level >= LogLevel.Warning);
        builder.Logging.AddFilter("Microsoft.Extensions.Hosting", level => started.Started && level >= LogLevel.Warning);
        builder.Logging.AddFilter("Microsoft.Hosting", level => started.Started && level >= LogLevel.Warning);
    }

    public static void UseLog(this WebApplication broker)
    {
        var mark = broker.Services.GetRequiredService<StartMark>();
        broker.Lifetime.ApplicationStarted.Register(() => mark.Started = true);
    }

    private sealed class StartMark
    {
        public volatile bool Started;
    }
}
