using System.CommandLine;
using System.Net.Sockets;
using Consoles.Broker.Authority;
using Consoles.Broker.Hosting;
using Consoles.Broker.Nova.Proxies;
using Consoles.Broker.Store;
using Microsoft.Extensions.Options;

namespace Consoles.Broker;

internal static class RunCommand
{
    public static Command Make(SettingsSwitches settings)
    {
        var address = new Option<string?>("--address") { Description = "Where people are awaited [127.0.0.1]", HelpName = "IP" };
        var port = new Option<int?>("--port") { Description = "The port for people; 0: any that is free [6080]", HelpName = "N" };
        var agentsAddress = new Option<string?>("--agents-address") { Description = "Where agents are awaited [127.0.0.1, or everywhere when --address is not loopback]", HelpName = "IP" };
        var agentsPort = new Option<int?>("--agents-port") { Description = "The port for agents; 0: any that is free [6084]", HelpName = "N" };
        var logFormat = new Option<string?>("--log-format") { Description = "text or json [text]", HelpName = "FORMAT" };

        var command = new Command("run", "Run the broker until Ctrl-C or SIGTERM.") { address, port, agentsAddress, agentsPort, logFormat };

        var of2011 = new VncProxyFlags();
        of2011.All.ToList().ForEach(command.Options.Add);

        command.SetAction(async (line, cancellationToken) =>
        {
            RuntimeFloor.Check(Environment.Version);

            await using var broker = BrokerHost.Build(
            [
                .. of2011.Read(line),
                .. settings.Read(line),
                .. SettingsSwitches.Switch("Listeners:People:Address", line.GetValue(address)),
                .. SettingsSwitches.Switch("Listeners:People:Port", line.GetValue(port)),
                .. SettingsSwitches.Switch("Listeners:Agents:Address", line.GetValue(agentsAddress)),
                .. SettingsSwitches.Switch("Listeners:Agents:Port", line.GetValue(agentsPort)),
                .. SettingsSwitches.Switch("Log:Format", line.GetValue(logFormat)),
            ]);

            // What may fail in words does so before the frameworks could tell it with a stack trace.
            broker.Services.GetRequiredService<Database>().Open();
            _ = broker.Services.GetRequiredService<AuthorityRoots>();
            _ = broker.Services.GetRequiredService<AuthorityState>().Current;
            _ = broker.Services.GetRequiredService<DescriptorBudget>();

            await StartAsync(broker, cancellationToken);
            await broker.WaitForShutdownAsync(cancellationToken);
            return 0;
        });

        return command;
    }

    private static async Task StartAsync(WebApplication broker, CancellationToken cancellationToken)
    {
        try
        {
            await broker.StartAsync(cancellationToken);
        }
        catch (Exception e) when (e is IOException or SocketException)
        {
            var listeners = broker.Services.GetRequiredService<IOptions<ListenersOptions>>().Value;

            throw new StartException(
                $"The broker cannot listen at {listeners.People.Address}:{listeners.People.Port} for people and {listeners.AgentsAddress}:{listeners.Agents.Port} for agents: {e.Message}", e);
        }
    }
}
