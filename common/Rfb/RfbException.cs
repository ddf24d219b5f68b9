namespace Consoles.Common.Rfb;

/// <summary>A peer broke the RFB protocol, or refused. The message says what was attempted and what came.</summary>
public sealed class RfbException(string message, Exception? inner = null) : Exception(message, inner);
