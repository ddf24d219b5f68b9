using System.CommandLine;
using Consoles.Broker.Hosting;
using Consoles.Broker.Store;

namespace Consoles.Broker;

/// <summary>What can be asked of consoles-broker on the command line.</summary>
internal static class BrokerCommandLine
{
    private const int Failed = 1;

    /// <summary>Errors go to <paramref name="error"/>, so that <paramref name="output"/> can be piped to a program.</summary>
    /// <returns>The exit code: 0 done, 78 the configuration is at fault, 1 anything else.</returns>
    public static async Task<int> RunAsync(IReadOnlyList<string> args, TextWriter output, TextWriter error, CancellationToken cancellationToken = default)
    {
        var root = new RootCommand("Gives people the consoles of guests on a libvirt fleet, in a browser, for a short-lived token.");
        var settings = new SettingsSwitches(root);

        root.Subcommands.Add(RunCommand.Make(settings));
        root.Subcommands.Add(NodeCommands.Make(settings));
        root.Subcommands.Add(KeyCommands.Make(settings));
        root.Subcommands.Add(AuthorityCommands.Make(settings));
        root.Subcommands.Add(NovaConfCommand.Make());
        root.Subcommands.Add(AttachCommand.Make(settings));

        // The host sees to Ctrl-C and SIGTERM itself; a second opinion would cut its farewells short.
        var invocation = new InvocationConfiguration { Output = output, Error = error, EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null };

        try
        {
            return await root.Parse(args).InvokeAsync(invocation, cancellationToken);
        }
        catch (SettingsException e)
        {
            await error.WriteLineAsync(e.Faults.Count == 1 ? "The configuration is at fault:" : $"The configuration has {e.Faults.Count} faults:");

            foreach (var fault in e.Faults)
            {
                await error.WriteLineAsync($"  {fault}");
            }

            return SettingsException.ExitCode;
        }
        catch (Exception e) when (e is StartException or StoreException or CommandException)
        {
            await error.WriteLineAsync(e.Message);
            return Failed;
        }
    }
}
