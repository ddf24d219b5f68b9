using System.CommandLine;
using Consoles.Agent.Certificates;
using Consoles.Agent.Identity;
using Consoles.Agent.Libvirt;
using Consoles.Agent.QemuConf;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Consoles.Agent.Enabling;

/// <summary>consoles-agent qemu-conf: TLS for the consoles of this node's guests, switched on and off by one command.</summary>
internal static class QemuConfCommand
{
    /// <summary>--diff: there are differences. --apply, --revert: it is written, and libvirt must be restarted by hand. --report: there are such guests.</summary>
    public const int SomethingLeft = 2;

    /// <param name="build">Makes the agent's services for a command, given settings as switches.</param>
    public static Command Create(Func<string[], IHost> build)
    {
        var diff = new Option<bool>("--diff") { Description = "Show what --apply would change in qemu.conf. Exit code 2: something." };
        var apply = new Option<bool>("--apply") { Description = "See to the certificates, change qemu.conf, restart libvirt through systemd, and look that all guests ran through. Exit code 2: it is written, and libvirt must be restarted by hand." };
        var revert = new Option<bool>("--revert") { Description = "Put back what --apply changed, and restart libvirt. Others' changes stay." };
        var report = new Option<bool>("--report") { Description = "Show which running guests are not yet protected as qemu.conf asks, and why. Exit code 2: some." };

        var command = new Command("qemu-conf", "Show or change what libvirt's qemu.conf says of consoles: TLS, certificates, addresses. Exit code 1: it failed, and qemu.conf is what it was, or a guest did not run through.")
        {
            diff, apply, revert, report,
        };

        var switches = new AgentSwitches(command, "The libvirt whose qemu.conf it is", "QemuConf:VncListen=0.0.0.0");

        command.Validators.Add(line =>
        {
            if (new[] { diff, apply, revert, report }.Count(line.GetValue) != 1)
            {
                line.AddError("Say one of --diff, --apply, --revert and --report.");
            }
        });

        command.SetAction(async (parsed, cancellationToken) =>
        {
            var (output, error) = (parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error);

            try
            {
                using var agent = build(switches.Read(parsed));
                agent.Services.GetService<IStartupValidator>()?.Validate();

                return parsed.GetValue(diff) ? await DiffAsync(agent.Services.GetRequiredService<QemuConfFile>(), output)
                    : parsed.GetValue(report) ? await ReportAsync(agent.Services, output, cancellationToken) > 0 ? SomethingLeft : ExitCode.Done
                    : parsed.GetValue(apply) ? await ApplyAsync(agent.Services, output, cancellationToken)
                    : await agent.Services.GetRequiredService<QemuConfSwitch>().RevertAsync(output, cancellationToken);
            }
            catch (Exception e) when (e is EnablingException or QemuConfException or CertificateException or IdentityException or LibvirtException or OptionsValidationException or IOException or UnauthorizedAccessException)
            {
                await error.WriteLineAsync(e is LibvirtException ? $"Could not {e.Message}" : e.Message);
                return ExitCode.Failed;
            }
        });

        return command;
    }

    private static async Task<int> DiffAsync(QemuConfFile file, TextWriter output)
    {
        var plan = file.Plan();
        await output.WriteAsync(TextDiff.Of(file.Path, plan.Present.ToString(), $"{file.Path} (wanted)", plan.Wanted.ToString()));
        return plan.IsDone ? ExitCode.Done : SomethingLeft;
    }

    private static async Task<int> ApplyAsync(IServiceProvider services, TextWriter output, CancellationToken cancellationToken)
    {
        var exit = await services.GetRequiredService<QemuConfSwitch>().ApplyAsync(output, cancellationToken);

        if (exit == ExitCode.Done)
        {
            await ReportAsync(services, output, cancellationToken);
        }

        return exit;
    }

    private static Task<int> ReportAsync(IServiceProvider services, TextWriter output, CancellationToken cancellationToken) =>
        services.GetRequiredService<RollOutReport>().WriteAsync(output, cancellationToken);
}
