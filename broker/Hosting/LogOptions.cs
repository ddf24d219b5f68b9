namespace Consoles.Broker.Hosting;

internal enum LogFormat
{
    /// <summary>One line of text an event.</summary>
    Text,

    /// <summary>One JSON object a line.</summary>
    Json,
}

internal sealed class LogOptions
{
    public LogFormat Format { get; set; }
}
