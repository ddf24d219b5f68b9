namespace Consoles.Broker.Browser;

/// <summary>One file that browsers may ask for.</summary>
/// <param name="Immutable">Its path changes whenever its content does, so that browsers may keep it.</param>
internal sealed record PageFile(ReadOnlyMemory<byte> Content, string ContentType, string ETag, bool Immutable);
