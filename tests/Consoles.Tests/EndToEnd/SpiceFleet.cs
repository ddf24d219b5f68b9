using Consoles.Broker.Authority;
using Consoles.Broker.Sessions.Spice;
using Consoles.Tests.Fakes;

namespace Consoles.Tests.EndToEnd;

/// <summary>A fleet whose QEMUs have certificates for SPICE. Guests whose name begins with direct- are dialled, the others are carried by the agent.</summary>
public sealed class SpiceFleet : IAsyncLifetime
{
    private const string Node = "node1";

    private readonly string _certificates = $"/tmp/clv-pki-{Guid.NewGuid():N}";

    internal static string[] Direct { get; } = ["direct-tcp", "direct-tls", "direct-secure", "direct-ticket", "direct-stranger"];

    internal LibvirtHost Host { get; private set; } = null!;

    internal Fleet Fleet { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        Directory.CreateDirectory(_certificates);
        Host = await LibvirtHost.StartNewAsync(SpiceTls.Settings(_certificates));
        Fleet = await Fleet.StartAsync(Host, Node, [.. Direct.Select(name => $"--Routes:Domains:{name}=Direct")]);
        await VncTls.WriteAsync(Fleet.Broker, Node, _certificates);
    }

    public async Task DisposeAsync()
    {
        await Fleet.DisposeAsync();
        await Host.DisposeAsync();
        Directory.Delete(_certificates, recursive: true);
    }

    /// <summary>Starts a guest whose certificate is another authority's.</summary>
    internal async Task AmongStrangersAsync(Func<Task> start)
    {
        using var stranger = new TestPki("Stranger");
        stranger.Server(Node, "127.0.0.1").WriteServerFiles(_certificates, stranger.RootPem);

        try
        {
            await start();
        }
        finally
        {
            await VncTls.WriteAsync(Fleet.Broker, Node, _certificates);
        }
    }

    /// <summary>A session of the guest's SPICE console, and how to add channels to it.</summary>
    internal async Task<SpiceOpening> RedeemAsync(string domain, string rights = "control")
    {
        await Fleet.WaitForConsoleAsync(domain, "spice0");
        var (_, secret) = await Fleet.IssueTokenAsync(domain, "spice0", rights);
        var (ticket, cookie) = await Fleet.RedeemAsync(secret) ?? throw new InvalidOperationException($"The token of {domain} was refused.");
        return new SpiceOpening(Fleet.Origin, ticket, cookie);
    }
}

/// <summary>What a page has after it redeemed a token.</summary>
internal sealed record SpiceOpening(string Origin, string Ticket, string Cookie)
{
    public Task<SpicePage> ConnectAsync() => SpicePage.ConnectAsync(Origin, Ticket, Cookie);

    public Task<SpicePage> OpenAsync() => SpicePage.OpenAsync(Origin, Ticket, Cookie);

    public Task<SpicePage> OpenAsync(SpiceChannelType type, SpicePage main) => SpicePage.OpenAsync(Origin, Ticket, Cookie, type, main.Session);
}
