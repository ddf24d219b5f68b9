namespace Consoles.Agent.Enabling;

/// <summary>qemu.conf was not changed, or was put back. The message says why, and what a person is to do.</summary>
internal sealed class EnablingException(string message, Exception? inner = null) : Exception(message, inner);
