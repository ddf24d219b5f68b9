using System.CommandLine;
using System.Globalization;
using Consoles.Agent.Certificates;
using Consoles.Agent.Identity;
using Consoles.Agent.Inventory;
using Consoles.Agent.QemuConf;
using Consoles.Common.Inventory;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Consoles.Agent.Rotation;

/// <summary>consoles-agent rotate: what the agent does by itself at its time, for a person who wants it now.</summary>
internal static class RotateCommand
{
    private const int Behind = 2;

    private static readonly TimeSpan LibvirtPatience = TimeSpan.FromSeconds(15);

    /// <param name="build">Makes the agent's services for a command, given settings as switches.</param>
    public static Command Create(Func<string[], IHost> build)
    {
        var now = new Option<bool>("--now") { Description = "Renew every set, due or not. Without it, what is due is renewed and everything is shown." };
        var adopt = new Option<bool>("--adopt") { Description = "Take over sets that a person made: theirs stays as the version before." };

        var command = new Command(
            "rotate", "Renew the certificates of this node's guests while they run. Exit code 1: a set was not renewed; 2: it was, and a guest does not serve it yet.")
        {
            now, adopt,
        };

        var switches = new AgentSwitches(command, "The libvirt whose guests are looked at", "QemuConf:Path=/etc/libvirt/qemu.conf");

        command.SetAction(async (parsed, cancellationToken) =>
        {
            var (output, error) = (parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error);

            string[] given = [.. switches.Read(parsed), .. AgentSwitches.Setting("Rotation:Adopt", parsed.GetValue(adopt) ? "true" : null)];

            try
            {
                using var agent = build(given);
                agent.Services.GetService<IStartupValidator>()?.Validate();
                agent.Services.GetRequiredService<CurrentIdentity>();
                return await RunAsync(agent, parsed.GetValue(now), output, cancellationToken);
            }
            catch (Exception e) when (e is IdentityException or CertificateException or QemuConfException or OptionsValidationException)
            {
                await error.WriteLineAsync(e.Message);
                return ExitCode.Failed;
            }
        });

        return command;
    }

    private static async Task<int> RunAsync(IHost agent, bool now, TextWriter output, CancellationToken cancellationToken)
    {
        await agent.StartAsync(cancellationToken);

        try
        {
            await ConnectAsync(agent.Services.GetRequiredService<NodeInventory>(), cancellationToken);
            var rotation = agent.Services.GetRequiredService<CertificateRotation>();

            if (now)
            {
                await rotation.RenewNowAsync(cancellationToken);
            }
            else
            {
                await rotation.LookAsync(cancellationToken);
                await rotation.VerifyAsync(now: true, cancellationToken);
            }

            return await ShowAsync(agent.Services, output);
        }
        finally
        {
            await agent.StopAsync(CancellationToken.None);
        }
    }

    // Without its guests a rotation would be half of one: they would serve what they have until somebody looked again.
    private static async Task ConnectAsync(NodeInventory inventory, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(LibvirtPatience);

        try
        {
            for (var snapshot = inventory.Current; !snapshot.Libvirt.Connected;)
            {
                snapshot = await inventory.NewerThanAsync(snapshot.Version, limit.Token);
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new CertificateException($"libvirt is not there, so its guests could not be given their certificates: {inventory.Current.Libvirt.Reason}");
        }
    }

    private static async Task<int> ShowAsync(IServiceProvider services, TextWriter output)
    {
        var report = services.GetRequiredService<NodeCertificatesReport>().Current();
        var domains = services.GetRequiredService<NodeInventory>().Current.Domains;

        foreach (var set in report.Sets)
        {
            var stands = set.Certificate is { } certificate ? string.Create(CultureInfo.InvariantCulture, $"{certificate.Serial} until {certificate.NotAfter:u}") : "none";
            await output.WriteLineAsync($"{set.Use.ToString().ToLowerInvariant()} {set.Directory}: {stands}{(set.ByHand ? ", looked after by hand" : "")}{(set.Fault is { } fault ? $" - {fault}" : "")}");
        }

        foreach (var console in report.Consoles)
        {
            var name = domains.GetValueOrDefault(console.Incarnation.Domain)?.Name ?? console.Incarnation.Domain.ToString();
            await output.WriteLineAsync($"{name} {console.Console}: {Words(console.Condition)}{(console.Served is { } served ? $", serves {served.Serial}" : "")}{(console.Reason is { } reason ? $" - {reason}" : "")}");
        }

        return report.Sets.Any(set => set.Fault is not null) ? ExitCode.Failed : report.Consoles.Any(console => console.Condition != CertificateCondition.Fresh) ? Behind : ExitCode.Done;
    }

    private static string Words(CertificateCondition condition) => condition == CertificateCondition.NeedsRestart ? "needs restart" : condition.ToString().ToLowerInvariant();
}
