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
        var state = new Option<string?>("--state") { Description = $"Where the agent keeps its identity ({IdentityOptions.DefaultStateDirectory}).", HelpName = "DIR" };
        var connect = new Option<string?>("--connect") { Description = "The libvirt to report of (qemu:///system).", HelpName = "URI" };
        var broker = new Option<string?>("--broker") { Description = "The broker's address, where it has moved since the node was enrolled.", HelpName = "URL" };

        var command = new Command("run", "Report this node's consoles to the broker until told to stop. Exit code 78: the node must be enrolled, or an option mended.")
        {
            state, connect, broker,
        };

        command.SetAction(async (parsed, cancellationToken) =>
        {
            string[] settings =
            [
                .. Setting("Identity:StateDirectory", parsed.GetValue(state)),
                .. Setting("Libvirt:Uri", parsed.GetValue(connect)),
                .. Setting("Identity:Broker", parsed.GetValue(broker)),
            ];

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

    private static IEnumerable<string> Setting(string name, string? value) => value is null ? [] : [$"--{name}={value}"];
}
