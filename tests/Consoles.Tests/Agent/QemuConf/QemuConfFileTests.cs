using Consoles.Agent.QemuConf;
using Consoles.Common.Inventory;
using Consoles.Tests.EndToEnd;
using Consoles.Tests.Fakes;
using Microsoft.Extensions.Options;

namespace Consoles.Tests.Agent.QemuConf;

public sealed class QemuConfFileTests : IDisposable
{
    private const UnixFileMode Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead;

    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void A_file_that_is_not_there_is_an_empty_one_to_libvirt() => Conf().Settings().VncTls.Should().BeFalse();

    [Fact]
    public void Settings_are_read_anew_and_the_planned_ones_are_those_of_the_policy()
    {
        Write("user = \"ada\"\n");
        var file = Conf();
        (file.Settings().User, file.Settings().VncTls, file.PlannedSettings().VncTls).Should().Be(("ada", false, true));
        file.PlannedSettings().Directories[CertificateUse.Vnc].Should().Be("/etc/pki/libvirt-vnc");

        Write("vnc_tls = 1\n");
        file.Settings().VncTls.Should().BeTrue();
    }

    [Fact]
    public async Task Applying_keeps_owner_and_mode_and_the_text_from_before_the_first_time()
    {
        Write("user = \"ada\"\n");
        File.SetUnixFileMode(_directory["qemu.conf"], Mode);
        await Command.RunAsync("chown", ["64055:64056", _directory["qemu.conf"]]);
        var file = Conf();

        file.Apply(file.Plan());
        Write("vnc_listen = \"::\"\n" + File.ReadAllText(file.Path).Replace("vnc_tls = 1", "vnc_tls = 0", StringComparison.Ordinal));
        file.Apply(file.Plan());

        file.Read().Bool("vnc_tls").Should().BeTrue();
        File.ReadAllText(file.BackupPath).Should().Be("user = \"ada\"\n");
        File.ReadAllText(file.AppliedPath).Should().EndWith("--revert puts back.\nvnc_tls_x509_cert_dir = \"/etc/pki/libvirt-vnc\"\nvnc_tls_x509_verify = 1\nvnc_tls = 1\n");

        foreach (var path in new[] { file.Path, file.BackupPath, file.AppliedPath })
        {
            File.GetUnixFileMode(path).Should().Be(Mode, path);
            (await Command.RunAsync("stat", ["-c", "%u:%g", path])).Trim().Should().Be("64055:64056");
        }

        Directory.GetFiles(_directory.Path).Should().HaveCount(3, "nothing half written is left");
    }

    [Fact]
    public void A_link_stays_a_link_to_the_changed_file()
    {
        Directory.CreateDirectory(_directory["managed"]);
        File.WriteAllText(_directory["managed/qemu.conf"], "x = 1\n");
        File.CreateSymbolicLink(_directory["qemu.conf"], "managed/qemu.conf");

        Conf().Apply(Conf().Plan());

        new FileInfo(_directory["qemu.conf"]).LinkTarget.Should().Be("managed/qemu.conf");
        File.ReadAllText(_directory["managed/qemu.conf"]).Should().StartWith("x = 1\nvnc_tls = 1\n");
    }

    [Fact]
    public void What_was_put_back_leaves_nothing_beside_the_file()
    {
        Write("x = 1\n");
        var file = Conf();
        file.Apply(file.Plan());
        file.Revert(file.Read(), file.Backup()!);

        Directory.GetFiles(_directory.Path).Should().Equal(_directory["qemu.conf"]);
        File.ReadAllText(file.Path).Should().Be("x = 1\n");
    }

    [Fact]
    public void What_somebody_changed_since_it_was_looked_at_is_not_put_back()
    {
        Write("x = 1\n");
        var file = Conf();
        file.Apply(file.Plan());
        var present = file.Read();
        File.AppendAllText(file.Path, "y = 2\n");

        FluentActions.Invoking(() => file.Revert(present, file.Backup()!)).Should().Throw<QemuConfException>().WithMessage("*changed by somebody meanwhile*");

        File.ReadAllText(file.Path).Should().EndWith("y = 2\n");
        file.Applied().Should().NotBeNull();
    }

    [Fact]
    public void A_failed_attempt_leaves_the_files_as_they_were()
    {
        Write("x = 1\n");
        var file = Conf();
        var (text, backup, applied) = (file.Read(), file.Backup(), file.Applied());
        file.Apply(file.Plan());
        file.Restore(text, backup, applied);

        Directory.GetFiles(_directory.Path).Should().Equal(_directory["qemu.conf"]);
        File.ReadAllText(file.Path).Should().Be("x = 1\n");
    }

    [Fact]
    public void A_text_that_libvirt_refuses_is_refused_and_stays()
    {
        Write("vnc_tls = \n");

        FluentActions.Invoking(Conf().Plan).Should().Throw<QemuConfException>().WithMessage("qemu.conf, line 1: *");
        File.ReadAllText(_directory["qemu.conf"]).Should().Be("vnc_tls = \n");
    }

    [Fact]
    public void Drift_is_told_once_the_file_was_changed_by_this_agent_or_is_said_to_be_its_own()
    {
        Write("x = 1\n");
        var file = Conf();
        Drift(managed: false).Should().BeNull("it is a person's");
        Drift(managed: true).Should().Contain("vnc_tls: not set -> 1; vnc_tls_x509_cert_dir");

        file.Apply(file.Plan());
        Drift(managed: false).Should().BeNull("it is as wanted");

        Write("vnc_tls = 0\n");
        Drift(managed: false).Should().Contain("vnc_tls: 0 -> 1").And.Contain("--apply");

        Write("vnc_tls = [\n");
        Drift(managed: false).Should().StartWith("qemu.conf, line");

        string? Drift(bool managed)
        {
            var options = Options.Create(new QemuConfOptions { Path = _directory["qemu.conf"], Managed = managed });
            return new ReconcileQemuConf(new QemuConfFile(options), options).Drift();
        }
    }

    private QemuConfFile Conf() => new(Options.Create(new QemuConfOptions { Path = _directory["qemu.conf"] }));

    private void Write(string text) => File.WriteAllText(_directory["qemu.conf"], text);
}
