using System.Diagnostics;
using System.Text.Json;
using Consoles.Agent;
using Consoles.Common.Inventory;
using Consoles.Common.Link;

namespace Consoles.Tests.EndToEnd;

/// <summary>consoles-agent scan, on a libvirt of the test's own.</summary>
public sealed class ScanTests(LibvirtHost host) : IClassFixture<LibvirtHost>
{
    [Fact]
    public async Task Forty_guests_are_scanned_in_under_three_seconds()
    {
        const int Guests = 40;

        await Parallel.ForEachAsync(
            Enumerable.Range(0, Guests),
            new ParallelOptions { MaxDegreeOfParallelism = 2 },
            async (i, _) => await host.StartAsync(GuestXml.Firmware($"many{i:00}").Vnc().SerialTcp(host.NextPort())));

        // Other tests share the machine. What is promised must be possible; that it is always so on a busy machine is not promised.
        var best = TimeSpan.MaxValue;
        var report = "";

        for (var attempt = 0; attempt < 5 && best > TimeSpan.FromSeconds(3); attempt++)
        {
            var watch = Stopwatch.StartNew();
            report = await Command.RunAsync(Program, ["scan", "--connect", host.Uri]);
            best = watch.Elapsed < best ? watch.Elapsed : best;
        }

        best.Should().BeLessThan(TimeSpan.FromSeconds(3));

        var lines = report.Split('\n');

        for (var i = 0; i < Guests; i++)
        {
            var port = await host.VncPortAsync($"many{i:00}");
            lines.Should().ContainSingle(line => line.StartsWith($"many{i:00} ", StringComparison.Ordinal) && line.Contains($" vnc0     vnc     127.0.0.1:{port} ", StringComparison.Ordinal))
                .Which.Should().Contain(" none ").And.Contain("No protection at all");
            lines.Should().ContainSingle(line => line.StartsWith($"many{i:00} ", StringComparison.Ordinal) && line.Contains(" serial0  serial  127.0.0.1:", StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task The_report_can_be_had_as_a_program_reads_it()
    {
        await host.StartAsync(GuestXml.Firmware("json").Vnc(password: "s3cr3tpw"));

        var (exit, output, error) = await ScanAsync("--connect", host.Uri, "--json");

        (exit, error).Should().Be((0, ""));
        var report = JsonSerializer.Deserialize(output, LinkJson.Default.NodeReport)!;
        var domain = report.Domains.Should().ContainSingle(domain => domain.Name == "json").Subject;
        domain.Incarnation!.StartTicks.Should().BePositive();
        domain.Consoles[0].Readiness!.Security.Should().Be(ConsoleSecurity.Password);
        domain.Consoles[0].PasswordSet.Should().BeTrue();
        output.Should().NotContain("s3cr3tpw");
    }

    [Fact]
    public async Task Without_probing_nothing_is_said_of_readiness()
    {
        await host.StartAsync(GuestXml.Firmware("quiet").Vnc());

        var (exit, output, _) = await ScanAsync("--connect", host.Uri, "--no-probe");

        exit.Should().Be(0);
        output.Should().MatchRegex("quiet +running +vnc0 +vnc +127.0.0.1:[0-9]+ +- +It was not asked.");
    }

    [Fact]
    public async Task A_domain_that_is_refused_is_told_on_stderr_and_by_the_exit_code()
    {
        await using var own = await LibvirtHost.StartNewAsync();
        await own.StartAsync(GuestXml.Firmware("bidi\u202egnp").Vnc());
        await own.StartAsync(GuestXml.Firmware("plain").Vnc());

        var (exit, output, error) = await ScanAsync("--connect", own.Uri);

        exit.Should().Be(2);
        output.Should().MatchRegex("plain +running +vnc0").And.NotContain("\u202e");
        error.Should().Be($"Domain bidi\\u202egnp could not be read: the name holds a character that cannot be seen: bidi\\u202egnp{Environment.NewLine}");
    }

    [Fact]
    public async Task A_libvirt_that_is_not_there_is_told_on_stderr_and_by_the_exit_code()
    {
        var (exit, output, error) = await ScanAsync("--connect", "qemu+unix:///system?socket=/nonexistent/sock");

        (exit, output).Should().Be((1, ""));
        error.Should().Be(
            $"Could not open qemu+unix:///system?socket=/nonexistent/sock: Failed to connect socket to '/nonexistent/sock': No such file or directory (libvirt error 38){Environment.NewLine}");
    }

    [Fact]
    public async Task A_libvirt_that_does_not_answer_is_told_and_not_waited_for()
    {
        await using var own = await LibvirtHost.StartNewAsync();
        await own.SuspendDaemonAsync();

        var (exit, _, error) = await ScanAsync("--connect", own.Uri);

        exit.Should().Be(1);
        error.Should().EndWith($"libvirt has not answered for 10 s{Environment.NewLine}");
        await own.ContinueDaemonAsync();
    }

    [Fact]
    public async Task Help_names_the_options()
    {
        var (exit, output, _) = await ScanAsync("--help");

        exit.Should().Be(0);
        output.Should().ContainAll("--connect", "--json", "--no-probe", "qemu:///system", "Exit code");
    }

    private static string Program => Path.Combine(Path.GetDirectoryName(typeof(AgentCommandLine).Assembly.Location)!, "consoles-agent");

    private static async Task<(int Exit, string Output, string Error)> ScanAsync(params string[] arguments)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var exit = await AgentCommandLine.RunAsync(["scan", .. arguments], output, error);
        return (exit, output.ToString(), error.ToString());
    }
}
