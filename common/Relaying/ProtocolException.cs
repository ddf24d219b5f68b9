namespace Consoles.Common.Relaying;

/// <summary>A peer broke its protocol, or refused. The message says what was attempted and what came.</summary>
public abstract class ProtocolException(string message, Exception? inner = null) : Exception(message, inner);
