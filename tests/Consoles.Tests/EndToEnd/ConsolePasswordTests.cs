using System.Text.Json;
using Consoles.Agent.Libvirt;

namespace Consoles.Tests.EndToEnd;

public sealed class ConsolePasswordTests(LibvirtHost host) : IClassFixture<LibvirtHost>
{
    // Made anew at each use: one for the class would count from the first test's beginning.
    private static CancellationToken Limit => new CancellationTokenSource(TimeSpan.FromSeconds(60)).Token;

    [Fact]
    public async Task A_console_password_is_read_for_the_present_run_and_for_no_other()
    {
        await using var node = await NodeUnderTest.StartAsync(host.Uri);
        await host.StartAsync(GuestXml.Firmware("locked").Vnc(password: "s3cr3tpw").Spice(password: "t1cket"));
        var domain = await node.UntilAsync("locked", domain => domain.Incarnation is not null);
        var run = domain.Incarnation!;

        (await node.Passwords.ReadAsync(run, "vnc0", Limit)).Should().Be("s3cr3tpw");
        (await node.Passwords.ReadAsync(run, "spice0", Limit)).Should().Be("t1cket");
        (await node.Passwords.ReadAsync(run, "vnc1", Limit)).Should().BeNull();
        (await node.Passwords.ReadAsync(run with { StartTicks = run.StartTicks + 1 }, "vnc0", Limit)).Should().BeNull();
        (await node.Passwords.ReadAsync(run with { QemuPid = 1 }, "vnc0", Limit)).Should().BeNull();

        JsonSerializer.Serialize(node.Now.Domains.Values).Should().NotContain("s3cr3tpw").And.NotContain("t1cket");

        await host.DestroyAsync("locked");
        (await node.Passwords.ReadAsync(run, "vnc0", Limit)).Should().BeNull();
    }

    [Fact]
    public async Task A_password_that_has_expired_is_told_so_and_not_given()
    {
        await using var node = await NodeUnderTest.StartAsync(host.Uri);
        await host.StartAsync(GuestXml.Firmware("expired").Vnc(password: "s3cr3tpw", passwordValidTo: "2020-01-02T03:04:05"));
        var domain = await node.UntilAsync("expired", domain => domain.Incarnation is not null);
        domain.Consoles[0].PasswordSet.Should().BeTrue();

        var reading = () => node.Passwords.ReadAsync(domain.Incarnation!, "vnc0", Limit);

        (await reading.Should().ThrowAsync<LibvirtException>())
            .WithMessage("read the password of vnc0: it was valid until 2020-01-02 03:04:05Z, and QEMU lets nobody in until a new one is set");
    }

    [Fact]
    public async Task A_console_without_a_password_has_none()
    {
        await using var node = await NodeUnderTest.StartAsync(host.Uri);
        await host.StartAsync(GuestXml.Firmware("open").Vnc());
        var domain = await node.UntilAsync("open", domain => domain.Incarnation is not null);

        (await node.Passwords.ReadAsync(domain.Incarnation!, "vnc0", Limit)).Should().BeNull();
    }
}
