using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Consoles.Common.Systemd;

/// <summary>Speaks to the service manager that started this process (sd_notify(3)). Without one, it says nothing.</summary>
/// <param name="socketPath">NOTIFY_SOCKET: a path, or one that begins with @ for an abstract address.</param>
/// <param name="watchdogTimeout">How long systemd waits for a sign of life, or null when it wants none.</param>
internal sealed class ServiceNotifier(string? socketPath, TimeSpan? watchdogTimeout)
{
    public bool IsListening => !string.IsNullOrEmpty(socketPath);

    public TimeSpan? WatchdogTimeout { get; } = string.IsNullOrEmpty(socketPath) ? null : watchdogTimeout;

    public static ServiceNotifier FromEnvironment() => From(Environment.GetEnvironmentVariable);

    internal static ServiceNotifier From(Func<string, string?> variable)
    {
        // WATCHDOG_PID, where it is set, says whom the watchdog is for (sd_watchdog_enabled(3)).
        var isForUs = variable("WATCHDOG_PID") is not { } pid || pid == Environment.ProcessId.ToString(CultureInfo.InvariantCulture);

        var watchdog = isForUs && long.TryParse(variable("WATCHDOG_USEC"), NumberStyles.None, CultureInfo.InvariantCulture, out var microseconds) && microseconds > 0
            ? TimeSpan.FromMicroseconds(microseconds)
            : (TimeSpan?)null;

        return new ServiceNotifier(variable("NOTIFY_SOCKET"), watchdog);
    }

    /// <param name="message">One assignment, such as READY=1.</param>
    /// <exception cref="SocketException">systemd does not take it.</exception>
    public void Tell(string message)
    {
        if (!IsListening)
        {
            return;
        }

        using var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified) { Blocking = false };
        socket.Connect(new UnixDomainSocketEndPoint(socketPath![0] == '@' ? $"\0{socketPath[1..]}" : socketPath));
        socket.Send(Encoding.UTF8.GetBytes(message.ReplaceLineEndings(" ")));
    }
}
