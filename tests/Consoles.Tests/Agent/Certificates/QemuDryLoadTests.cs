using System.Diagnostics;
using Consoles.Agent.Certificates;
using Microsoft.Extensions.Options;

namespace Consoles.Tests.Agent.Certificates;

/// <summary>What the real QEMU says, as the user that runs guests.</summary>
public sealed class QemuDryLoadTests : IDisposable
{
    private readonly CertificateFixture _fixture = new();

    public void Dispose() => _fixture.Dispose();

    [Fact]
    public async Task A_key_that_root_alone_can_read_is_found()
    {
        await _fixture.InstallAsync();
        (await FaultAsync()).Should().BeNull();
        File.SetUnixFileMode(Path.Combine(_fixture.Directory, "v/1/server-key.pem"), UnixFileMode.UserRead | UnixFileMode.UserWrite);

        (await FaultAsync()).Should().Contain("server-key.pem").And.Contain("Error while reading file");
    }

    [Fact]
    public async Task A_pair_that_does_not_fit_is_found()
    {
        await _fixture.InstallAsync();
        File.WriteAllText(Path.Combine(_fixture.Directory, "v/1/server-key.pem"), _fixture.Papers().Key);

        (await FaultAsync()).Should().StartWith("QEMU does not take the files:").And.Contain("server-cert.pem");
    }

    [Fact]
    public async Task A_directory_with_commas_in_its_name_is_one_directory()
    {
        await _fixture.Files.InstallAsync(_fixture["a,b=c,,d"], _fixture.Papers(), null, CertificateFixture.Node, CancellationToken.None);

        (await _fixture.DryLoad.FaultAsync(_fixture["a,b=c,,d"], CancellationToken.None)).Should().BeNull();
    }

    [Fact]
    public async Task A_QEMU_that_is_not_there_is_said()
    {
        var trial = Trial(new CertificateOptions { Qemu = "qemu-system-vax" });

        (await trial.FaultAsync(_fixture.Directory, CancellationToken.None)).Should().Contain("no QEMU").And.Contain("qemu-system-vax");
    }

    [Fact]
    public async Task A_QEMU_that_says_nothing_is_ended()
    {
        var silent = _fixture["silent"];
        var pid = _fixture["pid"];
        File.WriteAllText(silent, $"#!/bin/sh\necho $$ > {pid}\nexec sleep 60\n");
        File.SetUnixFileMode(silent, (UnixFileMode)0x1ed);
        File.WriteAllText(pid, "");
        File.SetUnixFileMode(pid, (UnixFileMode)0x1b6);
        var trial = Trial(new CertificateOptions { Qemu = silent, TrialLimit = TimeSpan.FromSeconds(2) });

        (await trial.FaultAsync(_fixture.Directory, CancellationToken.None)).Should().Contain("did not say within 2 s");

        // It says nothing where it was ended before it had begun.
        var said = File.ReadAllText(pid);
        await Fakes.Eventually.TrueAsync(() => said.Length == 0 || !Runs(int.Parse(said, System.Globalization.CultureInfo.InvariantCulture)));
    }

    private static bool Runs(int process)
    {
        try
        {
            using var running = Process.GetProcessById(process);
            return !running.HasExited;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    [Theory]
    [InlineData("root", "daemon", 0u)]
    [InlineData("+64055", "+107", 64055u)]
    public void Users_have_names_or_numbers(string user, string group, uint number) =>
        QemuUser.Of(user, group).User.Should().Be(number);

    [Fact]
    public void A_user_that_is_not_there_is_said() =>
        FluentActions.Invoking(() => QemuUser.Of("nobody-knows", null)).Should().Throw<CertificateException>().WithMessage("*nobody-knows*");

    private Task<string?> FaultAsync() => _fixture.DryLoad.FaultAsync(_fixture.Directory, CancellationToken.None);

    private static QemuDryLoad Trial(CertificateOptions options) => new(() => CertificateFixture.User, Options.Create(options));
}
