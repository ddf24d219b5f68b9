using Consoles.Agent.Inventory;
using Consoles.Agent.Libvirt;
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

        configure?.Invoke(builder);

        return builder.Build();
    }
}
