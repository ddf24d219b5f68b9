using System.Net.WebSockets;
using Consoles.Tests.Fakes;

namespace Consoles.Tests.EndToEnd;

/// <summary>Serial consoles of every kind, from a token to the guest's shell: agent, broker and channel are the real ones.</summary>
public sealed class SerialThroughBrokerTests(SerialGuestsAlone guests) : IClassFixture<SerialGuestsAlone>
{
    [Fact]
    public async Task Each_kind_opens_with_a_token_and_its_shell_answers()
    {
        await using var fleet = await StartAsync();

        foreach (var (domain, console, kind) in new[]
        {
            ("every", "serial0", "pty"), ("every", "serial1", "unix"), ("every", "serial2", "tcp"), ("every", "serial3", "telnet"), ("secure", "serial1", "tls"), ("secure", "console2", "virtio"),
        })
        {
            await fleet.WaitForConsoleAsync(domain, await NameAsync(fleet, domain, console));
            (await fleet.ViaAsync(domain, await NameAsync(fleet, domain, console))).Should().Be("relayed", because: kind);
            await using var watcher = await OpenAsync(fleet, domain, await NameAsync(fleet, domain, console));

            await watcher.AttachedAsync();
            await ShellAsync(watcher);
            await watcher.TypeAsync($"echo {kind}-$((6*7))\r");
            await watcher.SeesAsync($"{kind}-42", TimeSpan.FromSeconds(60));
        }
    }

    [Fact]
    public async Task The_one_who_looks_cannot_type_and_a_second_writer_waits_for_its_turn()
    {
        await using var fleet = await StartAsync();
        await using var writer = await OpenAsync(fleet, "every", "serial0");
        await writer.AttachedAsync();
        await ShellAsync(writer);
        await writer.TypeAsync("echo first-$((1+1))\r");
        await writer.SeesAsync("first-2", TimeSpan.FromSeconds(60));

        await using var looker = await OpenAsync(fleet, "every", "serial0", "view");
        await looker.SeesAsync("first-2");
        await looker.TypeAsync("echo never-$((1+1))\r");
        await looker.TakeAsync();

        await using var second = await OpenAsync(fleet, "every", "serial0");
        await second.TypeAsync("echo early-$((1+1))\r");
        await second.IsToldAsync("is typing");
        await second.TakeAsync();
        await Eventually.TrueAsync(() => !writer.IsWriter);
        await second.TypeAsync("echo third-$((1+2))\r");
        await writer.SeesAsync("third-3");

        writer.Text.Should().NotContain("never-").And.NotContain("early-");
    }

    // The guest may have booted before this agent was there to hear of it, and then says it again when it is asked.
    private static Task ShellAsync(SerialWatcher watcher) => Eventually.TrueAsync(
        async () =>
        {
            await watcher.TypeAsync("\r");

            try
            {
                await watcher.SeesAsync("/root#", TimeSpan.FromSeconds(2));
                return true;
            }
            catch (TimeoutException)
            {
                return false;
            }
        },
        TimeSpan.FromMinutes(3),
        () => watcher.Text);

    private Task<Fleet> StartAsync() => Fleet.StartAsync(guests.Host, SerialNode.Name, [], [$"--Relays:Serial:TlsDirectory={guests.Papers}"]);

    // libvirt numbers a virtio console among all consoles.
    private static async Task<string> NameAsync(Fleet fleet, string domain, string console)
    {
        if (!console.StartsWith("console", StringComparison.Ordinal))
        {
            return console;
        }

        await fleet.WaitForConsoleAsync(domain, "serial0");
        return fleet.Directory.FindDomain(domain)!.Value.Domain.Consoles.Single(endpoint => endpoint.Name.StartsWith("console", StringComparison.Ordinal)).Name;
    }

    private static async Task<SerialWatcher> OpenAsync(Fleet fleet, string domain, string console, string rights = "control")
    {
        await fleet.WaitForConsoleAsync(domain, console);
        var (_, secret) = await fleet.IssueTokenAsync(domain, console, rights);
        var redeemed = await fleet.RedeemAsync(secret) ?? throw new InvalidOperationException($"The token of {domain} was refused.");
        return SerialWatcher.Of(WebSocketStream.Create(await fleet.OpenChannelAsync(redeemed), WebSocketMessageType.Binary, ownsWebSocket: true));
    }
}
