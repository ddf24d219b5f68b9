using Consoles.Agent.Identity;
using Consoles.Agent.Inventory;
using Consoles.Agent.Libvirt;
using Consoles.Agent.Reporting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Consoles.Agent;

/// <summary>Puts the agent together. The slices stand in the order in which a domain's data meets them.</summary>
internal static class AgentHost
{
    /// <param name="args">Configuration as command-line switches, e.g. --Libvirt:Uri=qemu:///session.</param>
    /// <param name="configure">The whole test hook: a test builds the real agent and replaces what it must.</param>
    public static IHost Build(string[] args, Action<HostApplicationBuilder>? configure = null)
    {
        var builder = Host.CreateApplicationBuilder(args);

        builder.AddLibvirt();
        builder.AddInventory();
        builder.AddIdentity();
        builder.AddReporting();

        // What is under way may end well, and no more than that: systemd and people wait for it.
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(4));

        configure?.Invoke(builder);

        return builder.Build();
    }
}
