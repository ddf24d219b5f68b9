using System.CommandLine;
using Consoles.Agent.Certificates;
using Consoles.Agent.Enabling;
using Consoles.Agent.Identity;
using Consoles.Agent.Inventory;
using Consoles.Agent.Rotation;

namespace Consoles.Agent;

/// <summary>What can be asked of consoles-agent on the command line.</summary>
internal static class AgentCommandLine
{
    /// <summary>Errors go to <paramref name="error"/>, so that <paramref name="output"/> can be piped to a program.</summary>
    /// <returns>The exit code: 0 done, 1 a command failed or the line could not be understood.</returns>
    public static Task<int> RunAsync(IReadOnlyList<string> args, TextWriter output, TextWriter error, CancellationToken cancellationToken = default)
    {
        var root = new RootCommand("Tells a Consoles broker where the consoles of this node's guests are, and whether they are safe to open.");

        root.Subcommands.Add(RunCommand.Create());
        root.Subcommands.Add(ScanCommand.Create(new ReadinessProbe(TimeProvider.System).ProbeAsync, TimeProvider.System));
        root.Subcommands.Add(EnrolCommand.Create(Console.In, TimeProvider.System));
        root.Subcommands.Add(QemuConfCommand.Create(AgentHost.BuildForCommand));
        root.Subcommands.Add(CertificatesCommand.Create(TimeProvider.System));
        root.Subcommands.Add(RotateCommand.Create(AgentHost.BuildForCommand));

        // The host ends by itself on SIGTERM, in good order and in its own time.
        var invocation = new InvocationConfiguration { Output = output, Error = error, ProcessTerminationTimeout = null };
        return root.Parse(args).InvokeAsync(invocation, cancellationToken);
    }
}
