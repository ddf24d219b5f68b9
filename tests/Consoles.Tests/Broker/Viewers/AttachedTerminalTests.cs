using System.Diagnostics;
using System.Net.Sockets;
using Consoles.Broker.Access;
using Consoles.Common.Serial;
using Consoles.Tests.Fakes;

namespace Consoles.Tests.Broker.Viewers;

/// <summary>consoles-broker attach, as a process with a terminal, and with what the broker's machine knows of the broker.</summary>
public sealed class AttachedTerminalTests
{
    private static readonly string Broker = Path.Combine(AppContext.BaseDirectory, "consoles-broker.dll");

    [Fact]
    public async Task A_screen_that_takes_nothing_stops_neither_the_keys_nor_who_leaves()
    {
        await using var broker = await ViewerBroker.StartAsync();
        var live = broker.Live;
        using var folder = new TempDirectory();
        using var terminal = new PseudoTerminal();
        var before = await terminal.SettingsAsync();
        await File.WriteAllTextAsync($"{folder.Path}/key", live.Get<ApiKeys>().Create(ApiRole.Operator, "ada", lifetime: null).Secret.Reveal());
        using var attached = new Attached($"exec dotnet {Broker} attach web1 --url {live.Origin} --key-file {folder.Path}/key < {terminal.Path} > {terminal.Path} 2>&1");

        await Eventually.TrueAsync(() => live.Guests.Count > 0, TimeSpan.FromSeconds(60));
        using var guest = await live.Guests.NextAsync();
        using var over = new CancellationTokenSource();
        var talking = TalkAsync(guest, over.Token);
        await Eventually.TrueAsync(() => terminal.IsFull, TimeSpan.FromSeconds(60));

        terminal.Type("ls\r");
        await using (var typed = new NetworkStream(guest))
        {
            (await ViewerBroker.ReadAsync(typed, 3 + 3)).Should().Equal(SerialFrame.Encode(SerialFrameType.Input, "ls\r"u8));
        }

        terminal.IsFull.Should().BeTrue(because: "nobody has read it");
        terminal.Type("\u001d");
        (await attached.EndAsync()).Should().Be(0);
        (await terminal.SettingsAsync()).Should().Be(before);
        await over.CancelAsync();
        await talking;
    }

    [Fact]
    public async Task Beside_the_store_no_key_is_needed_and_the_certificate_file_of_people_is_trusted_whatever_name_it_has()
    {
        using var folder = new TempDirectory();
        using var pki = new TestPki();
        var shown = pki.Issuer().Issue(new TestRequest { Names = ["broker.example"] });
        await File.WriteAllTextAsync($"{folder.Path}/cert.pem", shown.ChainPem);
        await File.WriteAllTextAsync($"{folder.Path}/key.pem", shown.KeyPem);
        string[] https = ["Listeners:People:Scheme=https", $"Listeners:People:CertificateFile={folder.Path}/cert.pem", $"Listeners:People:KeyFile={folder.Path}/key.pem"];
        await using var broker = await ViewerBroker.StartAsync(null, [.. https.Select(setting => $"--{setting}")]);
        var live = broker.Live;

        using var attached = new Attached(
            $"exec dotnet {Broker} attach web1 --state {live.StateDirectory} {string.Concat(https.Append($"Listeners:People:Port={live.Port}").Select(setting => $"--set {setting} "))}");
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        (await attached.Program.StandardError.ReadLineAsync(limit.Token)).Should().Be("Connected to web1. Ctrl-] leaves.");
        live.Sessions.Sessions.Should().ContainSingle().Which.Grant.User.Should().Be($"attach of {Environment.UserName}");

        await attached.Program.StandardInput.WriteAsync("\u001d");
        await attached.Program.StandardInput.FlushAsync();
        (await attached.EndAsync()).Should().Be(0);
    }

    private static async Task TalkAsync(Socket guest, CancellationToken over)
    {
        try
        {
            await guest.SendAsync(SerialFrame.Encode(SerialFrameType.Live, []), over);

            while (true)
            {
                await guest.SendAsync(SerialFrame.Encode(SerialFrameType.Data, new byte[4096]), over);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // It is over.
        }
    }

    /// <summary>A command of the shell, which ends with the test.</summary>
    private sealed class Attached(string command) : IDisposable
    {
        public Process Program { get; } = Process.Start(new ProcessStartInfo("sh", ["-c", command])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;

        /// <returns>Its exit code.</returns>
        public async Task<int> EndAsync()
        {
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
            await Program.WaitForExitAsync(limit.Token);
            return Program.ExitCode;
        }

        public void Dispose()
        {
            // Nothing is done to one that has ended.
            Program.Kill();
            Program.Dispose();
        }
    }
}
