namespace Consoles.Broker.Hosting;

/// <summary>The broker does not start. The message says why, and what to do, to the person who started it.</summary>
internal sealed class StartException(string message, Exception? inner = null) : Exception(message, inner);
