namespace Consoles.Common.Tls;

/// <summary>A peer could not be secured: its certificate is not acceptable, or TLS itself failed. The message says which.</summary>
internal sealed class TlsPeerException(string message, Exception? inner = null) : Exception(message, inner);
