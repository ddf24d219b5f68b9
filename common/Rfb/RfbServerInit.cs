using System.Collections.Immutable;

namespace Consoles.Common.Rfb;

/// <summary>What a server says of its desktop when the handshake is over (RFC 6143, section 7.3.2).</summary>
/// <param name="PixelFormat">The sixteen bytes as they came; the broker reads no pixels.</param>
internal sealed record RfbServerInit(ushort Width, ushort Height, ImmutableArray<byte> PixelFormat, string Name);
