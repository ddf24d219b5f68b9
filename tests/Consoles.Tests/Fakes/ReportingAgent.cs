using System.Collections.Concurrent;
using Consoles.Agent.Identity;
using Consoles.Agent.Inventory;
using Consoles.Agent.Reporting;
using Consoles.Common.Inventory;
using Consoles.Common.Link;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Consoles.Tests.Fakes;

/// <summary>The real agent from its inventory to its broker, with an inventory and passwords that the test sets in libvirt's place.</summary>
internal sealed class ReportingAgent : IAsyncDisposable, IConsolePasswordReader
{
    private readonly IHost _host;

    private ReportingAgent(string state, TimeProvider clock, IReadOnlyDictionary<string, string?>? settings)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?> { ["Identity:StateDirectory"] = state });
        builder.Configuration.AddInMemoryCollection(settings ?? new Dictionary<string, string?>());
        builder.Logging.AddProvider(Logs).SetMinimumLevel(LogLevel.Trace);
        builder.Services.AddSingleton(clock);
        builder.Services.AddSingleton<NodeInventory>();
        builder.Services.AddSingleton<IConsolePasswordReader>(this);
        builder.AddIdentity();
        builder.AddReporting();
        _host = builder.Build();
        Inventory = _host.Services.GetRequiredService<NodeInventory>();
    }

    public NodeInventory Inventory { get; }

    public AgentLogs Logs { get; } = new();

    public IServiceProvider Services => _host.Services;

    public int ExitCode => _host.Services.GetRequiredService<AgentExit>().Code;

    public ConcurrentQueue<(Incarnation Incarnation, string Console)> PasswordsRead { get; } = new();

    public Func<Incarnation, string, CancellationToken, Task<string?>> Password { get; set; } = (_, _, _) => Task.FromResult<string?>(null);

    /// <summary>Enrols at the broker into that directory.</summary>
    public static Task EnrolAsync(FakeBroker broker, string state, TimeProvider? clock = null) =>
        EnrolAsync(broker.Address, broker.Invite(), state, clock);

    public static async Task EnrolAsync(Uri broker, JoinToken token, string state, TimeProvider? clock = null)
    {
        var time = clock ?? TimeProvider.System;
        var files = new IdentityFiles(Options.Create(new IdentityOptions { StateDirectory = state }), time);
        await new Enrolment(files, time).EnrolAsync(broker, token, replace: true, CancellationToken.None);
    }

    /// <param name="domains">What the inventory begins with; null leaves it as before libvirt's first answer.</param>
    public static async Task<ReportingAgent> StartAsync(
        string state, DomainReport[]? domains, TimeProvider? clock = null, IReadOnlyDictionary<string, string?>? settings = null)
    {
        var agent = new ReportingAgent(state, clock ?? TimeProvider.System, settings);

        if (domains is not null)
        {
            agent.Publish(domains);
        }

        await agent._host.StartAsync();
        return agent;
    }

    public void Publish(params DomainReport[] domains) => Inventory.Publish(
        new LibvirtHealth(Connected: true, Reason: null, DateTimeOffset.UnixEpoch), domains.ToDictionary(domain => domain.Id));

    public async Task<string?> ReadAsync(Incarnation incarnation, string console, CancellationToken cancellationToken)
    {
        PasswordsRead.Enqueue((incarnation, console));
        return await Password(incarnation, console, cancellationToken);
    }

    public Task StopAsync() => _host.StopAsync();

    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync();
        _host.Dispose();
    }
}

/// <summary>All that an agent logged.</summary>
internal sealed class AgentLogs : ILoggerProvider, ILogger
{
    private readonly ConcurrentQueue<(LogLevel Level, EventId Id, string Text)> _lines = new();

    public IEnumerable<string> At(LogLevel level) => _lines.Where(line => line.Level == level).Select(line => line.Text);

    public IEnumerable<string> All => _lines.Select(line => line.Text);

    public string Text => string.Join('\n', _lines);

    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        _lines.Enqueue((logLevel, eventId, $"{formatter(state, exception)} {exception}".TrimEnd()));

    public void Dispose()
    {
    }
}
