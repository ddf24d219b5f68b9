using Consoles.Common.Inventory;
using Consoles.Tests.Fakes;

namespace Consoles.Tests.EndToEnd;

/// <summary>Rotation on a node whose clock is wrong, and with a broker that was away for most of a certificate's life (libfaketime).</summary>
[Collection(Alone.Name)]
public sealed class RotationClockTests
{
    [Theory]
    [InlineData("-10m")]
    [InlineData("+10m")]
    public async Task A_clock_that_is_ten_minutes_wrong_hinders_nothing(string wrong)
    {
        await using var node = await RotatingNode.StartAsync();
        await node.UntilInstalledAsync();
        var before = node.SerialOnDisk();
        await node.Host.StartAsync(GuestXml.Firmware("web").Vnc());

        var (code, output) = await RotateAsync(node, wrong, "--now");

        code.Should().Be(0, because: output);
        output.Should().Contain("web vnc0: fresh").And.Contain(node.SerialOnDisk());
        node.SerialOnDisk().Should().NotBe(before);
    }

    [Fact]
    public async Task A_broker_that_is_away_until_nine_tenths_of_a_life_harms_nobody()
    {
        await using var node = await RotatingNode.StartAsync(brokerSettings: ["--Authority:HostLife=22:00:00"]);
        await node.UntilInstalledAsync();
        var before = node.SerialOnDisk();
        await node.Fleet.Broker.StopAsync();

        // Of 23 hours, one of which had passed when it was made.
        const string Late = "+19.7h";
        var (code, output) = await RotateAsync(node, Late);

        code.Should().Be(1, because: output);
        output.Should().Contain("not reachable").And.Contain(before, because: "the set that was there stays");
        (await LoadAsync(node.Vnc, Late)).Should().Be(124, because: "a guest that is started then starts");

        await node.Fleet.RestartBrokerAsync();
        (_, output) = await RotateAsync(node, Late);
        node.SerialOnDisk().Should().NotBe(before);
        output.Should().Contain(node.SerialOnDisk()).And.Contain("More than half", because: "the broker's clock is the true one here");
    }

    private static async Task<(int Code, string Output)> RotateAsync(RotatingNode node, string clock, params string[] more)
    {
        var result = await Command.TryRunAsync(
            "faketime",
            [
                "--exclude-monotonic", "-f", clock, "dotnet", Path.Combine(AppContext.BaseDirectory, "consoles-agent.dll"), "rotate",
                "--state", node.Fleet.AgentState, "--connect", node.Host.Uri, "--set", $"QemuConf:Path={node.Host.QemuConf}", .. more,
            ]);

        return (result.ExitCode, result.Output + result.Errors);
    }

    // A QEMU that does not like what it finds ends at once; the other is ended after a while, which is what timeout(1) says 124 for.
    private static async Task<int> LoadAsync(string directory, string clock)
    {
        var result = await Command.TryRunAsync(
            "timeout",
            [
                "2", "faketime", "--exclude-monotonic", "-f", clock, "qemu-system-x86_64", "-machine", "none", "-nodefaults", "-display", "none", "-S",
                "-object", $"tls-creds-x509,id=tls0,dir={directory},endpoint=server",
            ]);

        return result.ExitCode;
    }
}
