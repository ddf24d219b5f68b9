namespace Consoles.Agent.Certificates;

/// <summary>A set of certificate files cannot be used, or was not installed. The message says why; what was installed before is untouched.</summary>
internal sealed class CertificateException(string message, Exception? inner = null) : Exception(message, inner);
