using System.CommandLine;
using System.Text.Json;
using Consoles.Agent.Libvirt;
using Consoles.Common.Inventory;
using Consoles.Common.Link;
using Microsoft.Extensions.Options;

namespace Consoles.Agent.Inventory;

/// <summary>consoles-agent scan: the report this node would make, without a broker.</summary>
internal static class ScanCommand
{
    private const int Done = 0;
    private const int Failed = 1;
    private const int SomeRefused = 2;

    // QEMU's listeners take one connection at a time, but there are as many QEMUs as guests.
    private const int MaxProbesAtOnce = 16;

    /// <param name="probe">Asks a console how it is protected; null for those that are not asked.</param>
    public static Command Create(Func<ConsoleEndpoint, CancellationToken, Task<Readiness?>> probe, TimeProvider clock)
    {
        var connect = new Option<string>("--connect") { Description = "The libvirt to look at.", HelpName = "URI", DefaultValueFactory = _ => new LibvirtOptions().Uri };
        var json = new Option<bool>("--json") { Description = "Print the report as the broker would get it." };
        var noProbe = new Option<bool>("--no-probe") { Description = "Say what libvirt says, and ask no console how it is protected." };

        var command = new Command("scan", "Show where the consoles of this node's guests are and how each is protected. Exit code 1: libvirt did not answer; 2: a domain could not be read.")
        {
            connect, json, noProbe,
        };

        command.SetAction(async (parsed, cancellationToken) =>
        {
            var (output, error) = (parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error);
            var options = new LibvirtOptions { Uri = parsed.GetValue(connect)! };

            try
            {
                var domains = await DomainScan.ReadAsync(options, new DomainReader(new Incarnations(Options.Create(options))), clock, cancellationToken);

                if (!parsed.GetValue(noProbe))
                {
                    domains = await ProbeAsync(domains, probe, cancellationToken);
                }

                await output.WriteAsync(parsed.GetValue(json) ? Json(domains, clock) : ScanTable.Of(domains));

                foreach (var refused in domains.Where(domain => domain.Refusal is not null))
                {
                    await error.WriteLineAsync($"Domain {refused.Name} could not be read: {refused.Refusal}");
                }

                return domains.Any(domain => domain.Refusal is not null) ? SomeRefused : Done;
            }
            catch (LibvirtException fault)
            {
                await error.WriteLineAsync($"Could not {fault.Message}");
                return Failed;
            }
        });

        return command;
    }

    private static async Task<DomainReport[]> ProbeAsync(
        IReadOnlyList<DomainReport> domains, Func<ConsoleEndpoint, CancellationToken, Task<Readiness?>> probe, CancellationToken cancellationToken)
    {
        var found = domains.Select(domain => domain.Consoles.ToArray()).ToArray();
        var consoles = found.SelectMany(all => Enumerable.Range(0, all.Length), (all, index) => (all, index));
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = MaxProbesAtOnce, CancellationToken = cancellationToken };

        await Parallel.ForEachAsync(consoles, parallel, async (console, token) =>
        {
            var (all, index) = console;
            all[index] = all[index].Found(await probe(all[index], token));
        });

        return [.. domains.Select((domain, index) => domain with { Consoles = found[index] })];
    }

    private static string Json(IReadOnlyList<DomainReport> domains, TimeProvider clock)
    {
        var report = new NodeReport { Generation = 0, Whole = true, Libvirt = new LibvirtHealth(Connected: true, Reason: null, clock.GetUtcNow()), Domains = domains };
        var indented = new LinkJson(new JsonSerializerOptions(LinkJson.Default.Options) { WriteIndented = true });

        return JsonSerializer.Serialize(report, indented.NodeReport) + Environment.NewLine;
    }
}
