using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Consoles.Tests.Fakes;

namespace Consoles.Tests.EndToEnd;

/// <summary>The real broker in a process of its own, which may open few files.</summary>
public class DescriptorLimitTests
{
    private const int OpenFiles = 400;

    [Fact]
    public async Task A_broker_whose_connections_are_used_up_refuses_more_and_lives()
    {
        using var state = new TempDirectory();
        using var ports = PortRange.Claim();
        var port = ports.Next();
        var start = new ProcessStartInfo("prlimit") { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };

        foreach (var argument in new[]
        {
            $"--nofile={OpenFiles}:{OpenFiles}", Path.Combine(AppContext.BaseDirectory, "consoles-broker"), "run",
            "--port", $"{port}", "--agents-port", "0", "--state", state["state"],
        })
        {
            start.ArgumentList.Add(argument);
        }

        using var broker = Process.Start(start)!;
        var lines = new ConcurrentQueue<string?>();
        broker.OutputDataReceived += (_, line) => lines.Enqueue(line.Data);
        broker.ErrorDataReceived += (_, line) => lines.Enqueue(line.Data);
        broker.BeginOutputReadLine();
        broker.BeginErrorReadLine();

        try
        {
            using var http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}"), Timeout = TimeSpan.FromSeconds(5) };
            await Eventually.TrueAsync(() => IsWellAsync(http), TimeSpan.FromSeconds(60), Said);

            var flood = await FloodAsync(port);
            broker.HasExited.Should().BeFalse(because: Said());
            flood.ForEach(socket => socket.Dispose());

            await Eventually.TrueAsync(() => IsWellAsync(http), TimeSpan.FromSeconds(30), Said);
            broker.HasExited.Should().BeFalse();
        }
        finally
        {
            broker.Kill();
            await broker.WaitForExitAsync();
        }

        string Said() => string.Join('\n', lines);
    }

    /// <summary>Twice as many connections as there are descriptors, each in the middle of its request.</summary>
    private static async Task<List<Socket>> FloodAsync(int port)
    {
        var sockets = new List<Socket>();

        for (var i = 0; i < 2 * OpenFiles; i++)
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            sockets.Add(socket);

            try
            {
                using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(2));
                await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, port), limit.Token);
                await socket.SendAsync("GET /v1/nodes HTTP/1.1\r\nHost: 127"u8.ToArray(), limit.Token);
            }
            catch (Exception error) when (error is SocketException or OperationCanceledException)
            {
                // Refused, which is what is asked for.
                continue;
            }
        }

        return sockets;
    }

    private static async Task<bool> IsWellAsync(HttpClient http)
    {
        try
        {
            using var answer = await http.GetAsync("/readyz");
            return answer.IsSuccessStatusCode;
        }
        catch (Exception error) when (error is HttpRequestException or OperationCanceledException)
        {
            return false;
        }
    }
}
