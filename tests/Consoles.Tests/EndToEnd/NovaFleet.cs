using Consoles.Broker.Access;
using Consoles.Broker.Nova.Proxies;
using Consoles.Broker.Tokens;
using Consoles.Common.Inventory;
using Consoles.Tests.Fakes;

namespace Consoles.Tests.EndToEnd;

/// <summary>A guest with a shell, with a screen by VNC and by SPICE and a serial line, behind a broker with Nova's proxies.</summary>
public sealed class NovaFleet : IAsyncLifetime
{
    public const string Guest = "nova1";

    private static readonly string[] Proxies = ["NoVnc", "XvpVnc", "Spice", "Serial", "SpiceDirect"];

    internal LibvirtHost Host { get; private set; } = null!;

    internal Fleet Fleet { get; private set; } = null!;

    internal ProxyListeners Listeners => Fleet.Broker.Get<ProxyListeners>();

    /// <summary>What the guest says on its serial line.</summary>
    public string SerialLog { get; private set; } = "";

    public async Task InitializeAsync()
    {
        Host = await LibvirtHost.StartNewAsync();
        SerialLog = Host.PathFor("serial.log");
        await Host.StartAsync(GuestXml.Linux(Guest, await GuestImage.GetAsync()).Vnc().SpiceNone().SerialPty(SerialLog));
        Fleet = await StartAsync();
        await LibvirtHost.ReadUntilAsync(SerialLog, $"{Guest}:/root#");
    }

    public async Task DisposeAsync()
    {
        await Fleet.DisposeAsync();
        await Host.DisposeAsync();
    }

    /// <summary>A token as the API of this face issues it.</summary>
    internal async Task<string> TokenAsync(ConsoleKind kind)
    {
        var console = $"{kind}0".ToLowerInvariant();
        var (run, _) = await Fleet.WaitForConsoleAsync(Guest, console);
        var wish = new ConsoleWish(new Caller("ada", "key", ApiRole.Operator), run, Guest, console, kind, ConsoleRights.Control, TimeSpan.FromMinutes(10), TokenUse.UntilExpiry);
        return Fleet.Broker.Get<ConsoleTokens>().Issue(wish).Token.Reveal();
    }

    /// <summary>Pages of this program at NoVnc and Spice, in the place of the distribution's.</summary>
    internal async Task UseOwnPagesAsync()
    {
        await Fleet.DisposeAsync();
        Fleet = await StartAsync("--Nova:NoVnc:Web=builtin", "--Nova:Spice:Web=builtin");
    }

    private Task<Fleet> StartAsync(params string[] settings) => Fleet.StartAsync(
        Host,
        "node1",
        ["--Nova:Enabled=true", "--Nova:Api:Enabled=false", .. Proxies.SelectMany(proxy => new[] { $"--Nova:{proxy}:Enabled=true", $"--Nova:{proxy}:Address=127.0.0.1", $"--Nova:{proxy}:Port=0" }), .. settings]);
}
