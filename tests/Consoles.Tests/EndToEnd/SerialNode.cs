using Consoles.Agent.Identity;
using Consoles.Agent.Inventory;
using Consoles.Agent.Libvirt;
using Consoles.Agent.QemuConf;
using Consoles.Agent.Relays;
using Consoles.Common.Inventory;
using Consoles.Common.Link;
using Consoles.Tests.Fakes;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Consoles.Tests.EndToEnd;

/// <summary>The agent as far as its serial lines, on a real libvirt and without a broker.</summary>
internal sealed class SerialNode : IAsyncDisposable
{
    public const string Name = "testnode";

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private readonly IHost _agent;
    private readonly TestPki _broker = new();

    private SerialNode(string uri, Dictionary<string, string?> settings)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        settings["Libvirt:Uri"] = uri;
        builder.Configuration.AddInMemoryCollection(settings);
        builder.AddLibvirt();
        builder.AddInventory();
        builder.Services.AddSingleton(new CurrentIdentity(new AgentIdentity(Name, new Uri("https://broker.test"), _broker.Client(Name).Identity(), _broker.Trust())));
        builder.AddQemuConf();
        builder.AddRelays();
        _agent = builder.Build();
    }

    public SerialLines Lines => _agent.Services.GetRequiredService<SerialLines>();

    private NodeInventory Inventory => _agent.Services.GetRequiredService<NodeInventory>();

    public static async Task<SerialNode> StartAsync(string uri, params (string Key, string Value)[] settings)
    {
        var node = new SerialNode(uri, settings.ToDictionary(setting => setting.Key, setting => (string?)setting.Value));
        await node._agent.StartAsync();
        return node;
    }

    public async Task<Incarnation> RunOfAsync(string domain, Incarnation? other = null) => await Eventually.GetAsync(
        () => Task.FromResult(Inventory.Current.Domains.Values.FirstOrDefault(report => report.Name == domain && report.Incarnation is not null && report.Incarnation != other)?.Incarnation), Limit);

    public async Task<GuestLine> LineAsync(string domain, string console)
    {
        var run = await RunOfAsync(domain);
        return await Eventually.GetAsync(() => Task.FromResult(Lines.Find(run.Domain, console)));
    }

    public async Task<OpenedStream> OpenAsync(string domain, StreamSource source, Incarnation? run = null)
    {
        run ??= await RunOfAsync(domain);
        using var limit = new CancellationTokenSource(Limit);
        var opener = _agent.Services.GetServices<IStreamOpener>().Single(opener => opener.Opens(source));
        return await opener.OpenAsync(run, source, limit.Token);
    }

    public async Task<SerialWatcher> WatchAsync(string domain, string console, string viewer = "ada", bool mayWrite = true, bool force = false, Func<Task>? pace = null)
    {
        var opened = await OpenAsync(domain, new SerialSource(console, viewer, mayWrite, force));

        return await SerialWatcher.StartAsync(
            async stream =>
            {
                await opened.ServeAsync(stream, CancellationToken.None);
                await opened.DisposeAsync();
            },
            pace is null ? null : _ => pace());
    }

    public async Task<byte[]> PastAsync(string domain, string console, int maxBytes)
    {
        await using var opened = await OpenAsync(domain, new SerialPastSource(console, maxBytes));
        using var past = new MemoryStream();
        await opened.ServeAsync(past, CancellationToken.None);
        return past.ToArray();
    }

    public async ValueTask DisposeAsync()
    {
        await _agent.StopAsync();
        _agent.Dispose();
        _broker.Dispose();
    }
}
