namespace Consoles.Broker.Sessions;

/// <summary>Why a session ended, as the close code of its WebSocket. Those from 4000 on are ours, the others of RFC 6455, section 7.4.1.</summary>
internal enum CloseCode
{
    /// <summary>The viewer closed it.</summary>
    Normal = 1000,

    /// <summary>The viewer broke a protocol: WebSocket's or the console's.</summary>
    ProtocolError = 1002,

    /// <summary>The viewer sent text.</summary>
    NotBinary = 1003,

    /// <summary>The viewer did what is not allowed, or did not do in time what it had to.</summary>
    PolicyViolation = 1008,

    /// <summary>The viewer announced a frame that is too large.</summary>
    TooLarge = 1009,

    /// <summary>The guest's console could not be opened.</summary>
    GuestUnreachable = 1011,

    /// <summary>The broker is being stopped.</summary>
    BrokerStopping = 1012,

    /// <summary>The ticket was unknown, used or expired.</summary>
    TokenInvalid = 4001,

    /// <summary>The token was revoked, or the session ended by someone who may.</summary>
    Revoked = 4002,

    /// <summary>The run of the guest is over.</summary>
    GuestStopped = 4003,

    /// <summary>The guest runs on another node now.</summary>
    GuestMoved = 4004,

    /// <summary>TLS with the guest's console failed.</summary>
    GuestTlsFailed = 4005,

    /// <summary>Nobody used it for too long.</summary>
    Idle = 4006,

    /// <summary>Too many sessions of this guest, or one that lasted too long.</summary>
    Limit = 4007,

    /// <summary>Another session took the console over.</summary>
    TakenOver = 4008,

    /// <summary>Somebody outside of Consoles holds the console; force takes it.</summary>
    Held = 4009,

    /// <summary>Somebody outside of Consoles holds the console, and it cannot be taken from them.</summary>
    InUse = 4010,
}
