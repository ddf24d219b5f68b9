using System.ComponentModel.DataAnnotations;

namespace Consoles.Broker.Sessions;

internal sealed class SessionOptions
{
    /// <summary>How many sessions there may be at a time, whatever the limit on descriptors still allows.</summary>
    [Range(1, 1_000_000)]
    public int MaxSessions { get; set; } = 10_000;

    /// <summary>How many sessions of one guest there may be.</summary>
    [Range(1, 1_000)]
    public int MaxPerGuest { get; set; } = 10;

    /// <summary>How many channels one session may have at a time, where its console's protocol uses several (SPICE: one for the screen, one for the keys, and so on).</summary>
    [Range(4, 64)]
    public int MaxChannels { get; set; } = 16;

    /// <summary>From the upgrade to the first byte relayed: dialling, TLS, and both handshakes.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:01:00")]
    public TimeSpan SetupLimit { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a ticket waits for its WebSocket.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:01:00")]
    public TimeSpan TicketLifetime { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>A session ends when its viewer sent nothing to the guest for so long.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan IdleLimit { get; set; } = TimeSpan.FromMinutes(30);

    /// <summary>A session ends when it is so old.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "7.00:00:00")]
    public TimeSpan HardLimit { get; set; } = TimeSpan.FromHours(8);

    /// <summary>A viewer that sent nothing for so long is sent a ping.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:10:00")]
    public TimeSpan PingInterval { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>A viewer that did not answer a ping for so long, which is the time of two, is gone.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:10:00")]
    public TimeSpan PongLimit { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a viewer may take to answer a close frame.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:00:30")]
    public TimeSpan CloseLimit { get; set; } = TimeSpan.FromSeconds(2);
}
