using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Consoles.Tests.Fakes;

/// <summary>A real QEMU with a VNC console and no machine, started and ended by the test.</summary>
internal sealed class QemuVnc : IAsyncDisposable
{
    // QEMU numbers displays from this port.
    private const int FirstPort = 5900;

    // RFC 7919's ffdhe2048: without a file, QEMU makes parameters at each start, which takes seconds.
    private const string DhParameters = """
        -----BEGIN DH PARAMETERS-----
        MIIBDAKCAQEA//////////+t+FRYortKmq/cViAnPTzx2LnFg84tNpWp4TZBFGQz
        +8yTnc4kmz75fS/jY2MMddj2gbICrsRhetPfHtXV/WVhJDP1H18GbtCFY2VVPe0a
        87VXE15/V8k1mE8McODmi3fipona8+/och3xWKE2rec1MKzKT0g6eXq8CrGCsyT7
        YdEIqUuyyOP7uWrat2DX9GgdT0Kj3jlN9K5W7edjcrsZCwenyO4KbXCeAvzhzffi
        7MA0BM0oNC9hkXL+nOmFg/+OTxIy7vKBg8P+OxtMb61zO7X8vC7CIAXFjvGDfRaD
        ssbzSibBsu/6iGtCOGEoXJf//////////wIBAgICAQA=
        -----END DH PARAMETERS-----
        """;

    private readonly Process _process;
    private readonly DirectoryInfo _directory;

    private QemuVnc(Process process, DirectoryInfo directory, int port)
    {
        _process = process;
        _directory = directory;
        Port = port;
    }

    public int Port { get; }

    public static async Task<QemuVnc> StartAsync(
        string name = "web1", string? password = null, TestCertificate? certificate = null, string? authorities = null, bool verifyPeer = false, bool anonymous = false)
    {
        var directory = Directory.CreateTempSubdirectory("qemu-vnc-");
        certificate?.WriteServerFiles(directory.FullName, authorities!);
        await File.WriteAllTextAsync(Path.Combine(directory.FullName, "dh-params.pem"), DhParameters + "\n");

        List<string> arguments = ["-name", $"guest={name},debug-threads=on", "-machine", "none", "-accel", "tcg", "-S", "-nodefaults", "-display", "none", "-monitor", "stdio"];
        var options = "";

        if (password is not null)
        {
            arguments.AddRange(["-object", $"secret,id=password,data={password}"]);
            options += ",password-secret=password";
        }

        if (certificate is not null || anonymous)
        {
            var credentials = anonymous ? "tls-creds-anon,id=tls" : $"tls-creds-x509,id=tls,verify-peer={(verifyPeer ? "on" : "off")}";
            arguments.AddRange(["-object", $"{credentials},endpoint=server,dir={directory.FullName}"]);
            options += ",tls-creds=tls";
        }

        // A port that was free may be taken by another test until QEMU listens; then QEMU ends, and the next one is tried.
        for (var attempt = 1; ; attempt++)
        {
            var port = FreePort();
            var process = Start([.. arguments, "-vnc", $"127.0.0.1:{(port - FirstPort).ToString(CultureInfo.InvariantCulture)}{options}"]);
            var listening = await Eventually.GetAsync(async () => process.HasExited ? "no" : await IsListeningAsync(port) ? "yes" : null, TimeSpan.FromSeconds(60));

            if (listening == "yes")
            {
                return new QemuVnc(process, directory, port);
            }

            var said = await process.StandardError.ReadToEndAsync();
            process.Dispose();

            if (attempt == 5)
            {
                throw new InvalidOperationException($"QEMU does not start: {said}");
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        _directory.Delete(recursive: true);
    }

    private static Process Start(List<string> arguments)
    {
        var start = new ProcessStartInfo("qemu-system-x86_64") { UseShellExecute = false, RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        arguments.ForEach(start.ArgumentList.Add);
        return Process.Start(start)!;
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static async Task<bool> IsListeningAsync(int port)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

        try
        {
            await socket.ConnectAsync(IPAddress.Loopback, port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
