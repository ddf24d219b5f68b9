using Consoles.Agent.Certificates;
using Consoles.Agent.Enabling;
using Consoles.Agent.Identity;
using Consoles.Agent.Inventory;
using Consoles.Agent.Libvirt;
using Consoles.Agent.QemuConf;
using Consoles.Agent.Relays;
using Consoles.Agent.Reporting;
using Consoles.Agent.Rotation;
using Microsoft.Extensions.Configuration.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Consoles.Agent;

/// <summary>Puts the agent together. The slices stand in the order in which a domain's data meets them.</summary>
internal static class AgentHost
{
    /// <summary>The package's settings: the service and the commands beside it read the same.</summary>
    private const string SystemFile = "/etc/consoles/agent.json";

    /// <param name="args">Configuration as command-line switches, e.g. --Libvirt:Uri=qemu:///session.</param>
    /// <param name="configure">The whole test hook: a test builds the real agent and replaces what it must.</param>
    public static IHost Build(string[] args, Action<HostApplicationBuilder>? configure = null)
    {
        var builder = CreateBuilder(args);

        builder.AddLibvirt();
        builder.AddInventory();
        builder.AddIdentity();
        builder.AddQemuConf();
        builder.AddCertificates();
        builder.AddRotation();
        builder.AddRotationJobs();
        builder.AddEnabling();
        builder.AddRelays();
        builder.AddReporting();

        // What is under way may end well, and no more than that: systemd and people wait for it.
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(4));

        configure?.Invoke(builder);

        return builder.Build();
    }

    /// <summary>The same agent for a command beside it: it knows its node and its broker, reports nothing and renews nothing by itself. It logs nothing: what a command prints is its answer.</summary>
    public static IHost BuildForCommand(string[] args)
    {
        var builder = CreateBuilder(args);

        builder.Logging.ClearProviders();
        builder.AddLibvirt();
        builder.AddInventory();
        builder.AddIdentity(renews: false);
        builder.AddQemuConf();
        builder.AddCertificates();
        builder.AddRotation();
        builder.AddEnabling();

        return builder.Build();
    }

    // What is said elsewhere (appsettings.json in the working directory, the environment, the command line) counts for more.
    private static HostApplicationBuilder CreateBuilder(string[] args)
    {
        var builder = Host.CreateApplicationBuilder(args);
        var file = new JsonConfigurationSource { Path = SystemFile, Optional = true };
        file.ResolveFileProvider();
        builder.Configuration.Sources.Insert(0, file);
        return builder;
    }
}
