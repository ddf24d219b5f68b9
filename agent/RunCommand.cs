using System.CommandLine;
using Consoles.Agent.Identity;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Consoles.Agent;

/// <summary>consoles-agent run.</summary>
internal static class RunCommand
{
    public static Command Create()
    {
        var broker = new Option<string?>("--broker") { Description = "The broker's address, where it has moved since the node was enrolled.", HelpName = "URL" };

        var command = new Command("run", "Report this node's consoles to the broker until told to stop. Exit code 78: the node must be enrolled, or an option mended.")
        {
            broker,
        };

        var switches = new AgentSwitches(command, "The libvirt to report of");

        command.SetAction(async (parsed, cancellationToken) =>
        {
            string[] settings = [.. switches.Read(parsed), .. AgentSwitches.Setting("Identity:Broker", parsed.GetValue(broker))];

            try
            {
                using var agent = AgentHost.Build(settings);

                // Asked for before the host starts, which would log what a person must do as a crash.
                agent.Services.GetService<IStartupValidator>()?.Validate();
                agent.Services.GetRequiredService<CurrentIdentity>();

                // Asked for now: the services are gone when the host has run.
                var exit = agent.Services.GetRequiredService<AgentExit>();
                await agent.RunAsync(cancellationToken);
                return exit.Code;
            }
            catch (IdentityException e)
            {
                await parsed.InvocationConfiguration.Error.WriteLineAsync(e.Message);
                return ExitCode.NotEnrolled;
            }
            catch (OptionsValidationException e)
            {
                await parsed.InvocationConfiguration.Error.WriteLineAsync(string.Join(Environment.NewLine, e.Failures));
                return ExitCode.NotEnrolled;
            }
        });

        return command;
    }
}
