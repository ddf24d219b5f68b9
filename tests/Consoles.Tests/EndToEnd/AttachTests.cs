using System.Diagnostics;
using System.Text;
using Consoles.Tests.Fakes;

namespace Consoles.Tests.EndToEnd;

/// <summary>consoles-broker attach, on a terminal of its own.</summary>
public sealed class AttachTests(ViewerFleet viewers) : IClassFixture<ViewerFleet>
{
    private readonly StringBuilder _screen = new();

    private string Screen
    {
        get
        {
            lock (_screen)
            {
                return _screen.ToString();
            }
        }
    }

    [Theory]
    [InlineData("keys", 0)]
    [InlineData("signal", 3)]
    [InlineData("closed", 3)]
    public async Task A_terminal_shows_the_guest_and_is_what_it_was_whoever_ends_it(string by, int exit)
    {
        var name = $"attached-{by}";
        await viewers.Host.StartAsync(GuestXml.Firmware(name).SerialPty());
        await viewers.Fleet.WaitForConsoleAsync(name, "serial0");
        var folder = Directory.CreateDirectory($"{viewers.Home}/{name}").FullName;
        await File.WriteAllTextAsync($"{folder}/key", viewers.Fleet.Broker.CreateKey(Consoles.Broker.Access.ApiRole.Operator, "ada") + "\n");
        var program = Path.Combine(AppContext.BaseDirectory, "consoles-broker.dll");

        await File.WriteAllTextAsync($"{folder}/run", $$"""
            cd {{folder}}
            stty -a > before
            sh -c 'echo $$ > pid; exec dotnet {{program}} attach {{name}} --url {{viewers.Fleet.Origin}} --key-file key'
            echo "exit=$?"
            stty -a > after
            """);
        using var terminal = Process.Start(new ProcessStartInfo("script", ["-qec", $"bash {folder}/run", "/dev/null"]) { UseShellExecute = false, RedirectStandardInput = true, RedirectStandardOutput = true })!;
        _ = ReadAsync(terminal);

        await ShowsAsync("Ctrl-] leaves.");
        await viewers.OpenedAsync(name);

        // What it said before the agent attached to its line is nobody's.
        await viewers.Host.VirshAsync("reset", name);
        await ShowsAsync("No bootable device");

        switch (by)
        {
            case "keys":
                await terminal.StandardInput.WriteAsync("\u001d");
                await terminal.StandardInput.FlushAsync();
                break;
            case "signal":
                await Command.RunAsync("kill", ["-TERM", (await File.ReadAllTextAsync($"{folder}/pid")).Trim()]);
                break;
            default:
                await viewers.Host.DestroyAsync(name);
                await ShowsAsync("The guest was stopped.");
                break;
        }

        await ShowsAsync($"exit={exit}");
        await Eventually.TrueAsync(() => File.Exists($"{folder}/after") && new FileInfo($"{folder}/after").Length > 0);
        terminal.StandardInput.Close();
        (await File.ReadAllTextAsync($"{folder}/after")).Should().Be(await File.ReadAllTextAsync($"{folder}/before"));
        await Eventually.TrueAsync(() => viewers.Sessions.All(session => session.Grant.Domain != name));
    }

    [Fact]
    public async Task What_cannot_be_attached_to_is_said_in_words()
    {
        await viewers.Host.StartAsync(GuestXml.Firmware("attach-screen").VncNone());
        await viewers.Fleet.WaitForConsoleAsync("attach-screen", "vnc0");
        var key = $"{viewers.Home}/words.key";
        await File.WriteAllTextAsync(key, viewers.Fleet.Broker.CreateKey());

        (await AttachAsync("no-such-guest")).Should().Be((1, "The broker refuses: No such domain is heard of, or several have that name.\n"));
        (await AttachAsync("attach-screen", "--console", "vnc0")).Errors.Should().Contain("a terminal shows serial ones alone");
        await File.WriteAllTextAsync(key, "ck1_wrong");
        (await AttachAsync("attach-screen")).Should().Be((1, "The broker refuses: An API key is needed.\n"));

        async Task<(int Exit, string Errors)> AttachAsync(params string[] arguments)
        {
            var (output, error) = (new StringWriter(), new StringWriter());
            var exit = await Consoles.Broker.BrokerCommandLine.RunAsync(["attach", .. arguments, "--url", viewers.Fleet.Origin, "--key-file", key], output, error);
            return (exit, error.ToString());
        }
    }

    private async Task ReadAsync(Process terminal)
    {
        var buffer = new char[1024];

        while (await terminal.StandardOutput.ReadAsync(buffer) is var count and > 0)
        {
            lock (_screen)
            {
                _screen.Append(buffer, 0, count);
            }
        }
    }

    private Task ShowsAsync(string words) => Eventually.TrueAsync(() => Screen.Contains(words, StringComparison.Ordinal), TimeSpan.FromSeconds(120), () => $"'{words}' on the screen: {Screen}");
}
