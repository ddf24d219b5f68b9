using System.CommandLine;
using Consoles.Agent;
using Consoles.Agent.Certificates;
using Consoles.Agent.Enabling;
using Consoles.Agent.Inventory;
using Consoles.Common.Inventory;
using Consoles.Tests.Fakes;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Consoles.Tests.EndToEnd;

/// <summary>consoles-agent qemu-conf beside a libvirtd that no systemd looks after.</summary>
public sealed class QemuConfByHandTests(LibvirtHost host) : IClassFixture<LibvirtHost>, IDisposable
{
    private readonly TestPki _pki = new();
    private readonly TempDirectory _state = new();

    private string QemuConf => $"{host.Folder}/etc/qemu.conf";

    private string Certificates { get; } = $"{host.Folder}/qemu/{Guid.NewGuid():N}";

    public void Dispose()
    {
        _pki.Dispose();
        _state.Dispose();
    }

    [Fact]
    public async Task The_text_is_shown_refused_written_and_put_back_and_a_restart_by_hand_makes_it_count()
    {
        var original = await File.ReadAllTextAsync(QemuConf);
        await host.StartAsync(GuestXml.Firmware("old").Vnc());
        var old = await File.ReadAllTextAsync($"{host.Folder}/run/libvirt/qemu/old.pid");

        var (exit, output, error) = await AgentAsync("--diff");
        (exit, error).Should().Be((2, ""));
        output.Should().Contain($"--- {QemuConf}\n+++ {QemuConf} (wanted)\n@@ ").And.ContainAll("\n+vnc_tls = 1\n", $"\n+vnc_tls_x509_cert_dir = \"{Certificates}\"\n", "\n+vnc_tls_x509_verify = 1\n");

        (exit, _, error) = await AgentAsync("--apply");
        exit.Should().Be(1, "there is no such directory");
        error.Should().Contain("This node is not enrolled", "nobody can be asked for certificates");

        WriteCertificates(_pki.Server("other").KeyPem);
        (exit, _, error) = await AgentAsync("--apply");
        exit.Should().Be(1, "the key is another certificate's");
        error.Should().Contain(Certificates);
        (await File.ReadAllTextAsync(QemuConf)).Should().Be(original);

        WriteCertificates();
        (exit, output, error) = await AgentAsync("--apply");
        (exit, error).Should().Be((2, ""), output);
        output.Should().Contain("Restart it yourself");
        await host.StartAsync(GuestXml.Firmware("between").Vnc());
        (await SecurityAsync("between")).Should().Be(ConsoleSecurity.None, "libvirtd has not read it yet");

        await host.StopDaemonAsync();
        await host.StartDaemonAsync();
        await host.StartAsync(GuestXml.Firmware("new").Vnc());
        (await SecurityAsync("new")).Should().Be(ConsoleSecurity.X509);
        (await SecurityAsync("old")).Should().Be(ConsoleSecurity.None);
        (await File.ReadAllTextAsync($"{host.Folder}/run/libvirt/qemu/old.pid")).Should().Be(old);
        (exit, output, _) = await AgentAsync("--apply");
        exit.Should().Be(0);
        output.Should().StartWith($"{QemuConf} is as the policy wants it. There is nothing to do.");
        (exit, output, _) = await AgentAsync("--report");
        exit.Should().Be(2);
        output.Should().ContainAll("Guest old,", "Guest between,").And.NotContain("Guest new,");

        var applied = await File.ReadAllTextAsync(QemuConf);
        await File.WriteAllTextAsync(QemuConf, applied.Replace("vnc_tls = 1", "vnc_tls = 0", StringComparison.Ordinal));
        (exit, _, error) = await AgentAsync("--revert");
        (exit, error.TrimEnd()).Should().Be((1, "Somebody has changed what this agent had set: vnc_tls was 1 and is 0. Nothing was put back."));

        await File.WriteAllTextAsync(QemuConf, $"max_files = 2000\n{applied}");
        (exit, output, _) = await AgentAsync("--revert");
        exit.Should().Be(2, output);
        (await File.ReadAllTextAsync(QemuConf)).Should().Be($"max_files = 2000\n{original}");
        (exit, output, _) = await AgentAsync("--revert");
        exit.Should().Be(0);
        output.Should().Contain("There is nothing to do");
    }

    [Fact]
    public async Task Certificates_that_are_not_there_are_ordered_for_the_directories_that_qemu_conf_will_name()
    {
        using var directory = new TempDirectory();
        IReadOnlyDictionary<CertificateUse, string>? ordered = null;
        var command = QemuConfCommand.Create(given => AgentHost.Build(given, builder =>
        {
            builder.Logging.ClearProviders();
            builder.Services.AddSingleton<Func<IReadOnlyDictionary<CertificateUse, string>, CancellationToken, Task>>((missing, _) =>
            {
                ordered = missing;
                WriteCertificates();
                return Task.CompletedTask;
            });
        }));

        string[] line = ["--apply", "--state", _state.Path, "--connect", "qemu+unix:///system?socket=/nonexistent/sock", "--set", $"QemuConf:Path={directory["qemu.conf"]}", "--set", $"QemuConf:VncDirectory={Certificates}"];
        using var output = new StringWriter();
        var exit = await command.Parse(line).InvokeAsync(new InvocationConfiguration { Output = output, Error = output });

        exit.Should().Be(2, output.ToString());
        ordered.Should().BeEquivalentTo(new Dictionary<CertificateUse, string> { [CertificateUse.Vnc] = Certificates });
        (await File.ReadAllTextAsync(directory["qemu.conf"])).Should().Contain($"vnc_tls_x509_cert_dir = \"{Certificates}\"");
    }

    [Theory]
    [InlineData("vnc_tls = \n", "line 1")]
    [InlineData("vnc_tls = 7\n", "must be 0 or 1")]
    public async Task A_text_that_libvirt_would_not_start_with_is_left_and_told(string text, string words)
    {
        using var directory = new TempDirectory();
        await File.WriteAllTextAsync(directory["qemu.conf"], text);

        var (exit, _, error) = await RunAsync("--apply", "--set", $"QemuConf:Path={directory["qemu.conf"]}");

        exit.Should().Be(1);
        error.Should().Contain(words);
        Directory.GetFiles(directory.Path).Should().Equal(directory["qemu.conf"]);
        (await File.ReadAllTextAsync(directory["qemu.conf"])).Should().Be(text);
    }

    [Fact]
    public async Task One_thing_is_asked_for_at_a_time()
    {
        (await RunAsync()).Exit.Should().NotBe(0);
        (await RunAsync("--diff", "--apply")).Error.Should().Contain("Say one of --diff, --apply, --revert and --report.");
    }

    private Task<(int Exit, string Output, string Error)> AgentAsync(string what) =>
        RunAsync(what, "--connect", host.Uri, "--set", $"QemuConf:Path={QemuConf}", "--set", $"QemuConf:VncDirectory={Certificates}");

    private async Task<(int Exit, string Output, string Error)> RunAsync(params string[] arguments)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var exit = await AgentCommandLine.RunAsync(["qemu-conf", "--state", _state.Path, .. arguments], output, error);
        return (exit, output.ToString(), error.ToString());
    }

    private void WriteCertificates(string? key = null)
    {
        _pki.Server("node1").WriteServerFiles(Certificates, _pki.RootPem);
        File.WriteAllBytes($"{Certificates}/dh-params.pem", CertificateVersion.Parameters);

        if (key is not null)
        {
            File.WriteAllText($"{Certificates}/server-key.pem", key);
        }
    }

    private async Task<ConsoleSecurity> SecurityAsync(string guest)
    {
        var found = await new ReadinessProbe(TimeProvider.System).ProbeAsync(VncTargets.Console(await host.VncPortAsync(guest)), CancellationToken.None);
        return found!.Security;
    }
}
