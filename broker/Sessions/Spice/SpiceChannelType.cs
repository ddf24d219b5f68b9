namespace Consoles.Broker.Sessions.Spice;

/// <summary>What one connection of a SPICE session carries (spice-protocol, enums.h).</summary>
internal enum SpiceChannelType : byte
{
    None = 0,
    Main = 1,
    Display = 2,
    Inputs = 3,
    Cursor = 4,
    Playback = 5,
    Record = 6,
    Tunnel = 7,
    Smartcard = 8,
    UsbRedirection = 9,
    Port = 10,
    WebDav = 11,
}
