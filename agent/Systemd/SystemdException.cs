namespace Consoles.Agent.Systemd;

/// <summary>systemd could not be asked, or refused. The message says what was attempted.</summary>
internal sealed class SystemdException(string message, Exception? inner = null) : Exception(message, inner);
