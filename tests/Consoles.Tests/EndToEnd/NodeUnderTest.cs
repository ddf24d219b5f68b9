using Consoles.Agent.Inventory;
using Consoles.Agent.Libvirt;
using Consoles.Common.Inventory;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Consoles.Tests.EndToEnd;

/// <summary>The agent as far as its inventory, on a real libvirt and without a broker.</summary>
internal sealed class NodeUnderTest : IAsyncDisposable
{
    private readonly IHost _agent;

    private NodeUnderTest(IHost agent) => _agent = agent;

    public InventorySnapshot Now => Inventory.Current;

    public IConsolePasswordReader Passwords => _agent.Services.GetRequiredService<IConsolePasswordReader>();

    private NodeInventory Inventory => _agent.Services.GetRequiredService<NodeInventory>();

    /// <param name="callTimeout">Shorter than the agent's own, for a libvirtd that does not answer.</param>
    public static async Task<NodeUnderTest> StartAsync(string uri, TimeSpan? callTimeout = null)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?> { ["Libvirt:Uri"] = uri, ["Libvirt:CallTimeout"] = $"{callTimeout ?? new LibvirtOptions().CallTimeout:c}" });
        builder.AddLibvirt();
        builder.AddInventory();

        var agent = builder.Build();
        await agent.StartAsync();
        return new NodeUnderTest(agent);
    }

    public DomainReport? Domain(string name) => Now.Domains.Values.FirstOrDefault(domain => domain.Name == name);

    /// <summary>Waits, without polling, for a snapshot that is as the test wants it.</summary>
    public async Task<InventorySnapshot> UntilAsync(Func<InventorySnapshot, bool> asWanted, TimeSpan? within = null)
    {
        using var limit = new CancellationTokenSource(within ?? TimeSpan.FromSeconds(60));
        var snapshot = Now;

        try
        {
            while (!asWanted(snapshot))
            {
                snapshot = await Inventory.NewerThanAsync(snapshot.Version, limit.Token);
            }
        }
        catch (OperationCanceledException late)
        {
            throw new TimeoutException($"The node stayed otherwise: {snapshot.Libvirt}, {string.Join("; ", snapshot.Domains.Values)}", late);
        }

        return snapshot;
    }

    public async Task<DomainReport> UntilAsync(string name, Func<DomainReport, bool>? asWanted = null, TimeSpan? within = null)
    {
        var snapshot = await UntilAsync(all => all.Domains.Values.Any(domain => domain.Name == name && (asWanted?.Invoke(domain) ?? true)), within);
        return snapshot.Domains.Values.First(domain => domain.Name == name);
    }

    public async ValueTask DisposeAsync()
    {
        await _agent.StopAsync();
        _agent.Dispose();
    }
}
