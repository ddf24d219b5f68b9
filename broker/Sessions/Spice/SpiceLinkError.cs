namespace Consoles.Broker.Sessions.Spice;

/// <summary>How a SPICE server answers a link message or a ticket (spice-protocol, error_codes.h and protocol.h).</summary>
internal enum SpiceLinkError : uint
{
    Ok = 0,
    Error = 1,
    InvalidMagic = 2,
    InvalidData = 3,
    VersionMismatch = 4,
    NeedSecured = 5,
    NeedUnsecured = 6,
    PermissionDenied = 7,
    BadConnectionId = 8,
    ChannelNotAvailable = 9,
}
