using System.CommandLine;
using System.Text;
using Consoles.Agent.Identity;
using Consoles.Agent.QemuConf;
using Consoles.Common.Tls;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Consoles.Agent.Certificates;

/// <summary>consoles-agent certificates: for those whose certificates come from a PKI of their own.</summary>
internal static class CertificatesCommand
{
    public static Command Create(TimeProvider clock) =>
        new("certificates", "The certificate files that QEMU loads, where they are made by hand.") { Install(clock), Show(clock) };

    private static Command Install(TimeProvider clock)
    {
        var from = new Option<string>("--from") { Description = "Where the new server-cert.pem, server-key.pem and ca-cert.pem are.", HelpName = "DIR", Required = true };
        var into = new Option<string>("--into") { Description = "The directory that qemu.conf names, e.g. /etc/pki/libvirt-vnc.", HelpName = "DIR", Required = true };
        var name = new Option<string?>("--name") { Description = "The name that brokers look for in the certificate (the first one that it has).", HelpName = "NODE" };
        var user = new Option<string?>("--user") { Description = "Whom QEMU runs as (what qemu.conf says).", HelpName = "USER" };
        var group = new Option<string?>("--group") { Description = "The group of it.", HelpName = "GROUP" };

        var command = new Command("install", "Try a set of files with QEMU, and make it the one that guests load, in one step. Exit code 1: it was not, and what was there is untouched.")
        {
            from, into, name, user, group,
        };

        command.SetAction(async (parsed, cancellationToken) =>
        {
            try
            {
                var (source, directory) = (parsed.GetValue(from)!, parsed.GetValue(into)!);
                var papers = new CertificatePapers(
                    Text(source, CertificateNames.Certificate), Text(source, CertificateNames.Key), Text(source, CertificateNames.Authorities));
                var files = Files(() => UserOf(parsed.GetValue(user), parsed.GetValue(group)), clock);

                // Without a name to look for the first one will do; a certificate without any is refused.
                var wanted = parsed.GetValue(name) ?? CertificatePreflight.FirstName(papers) ?? Environment.MachineName;
                var installed = await files.InstallAsync(directory, papers, plan: null, wanted, cancellationToken);

                await parsed.InvocationConfiguration.Output.WriteLineAsync(
                    $"Installed in {directory}: {Words(installed)} Guests that are started from now on load it; running ones go on with theirs until they are told to reload.");
                return ExitCode.Done;
            }
            catch (CertificateException e)
            {
                await parsed.InvocationConfiguration.Error.WriteLineAsync(e.Message);
                return ExitCode.Failed;
            }
        });

        return command;
    }

    private static Command Show(TimeProvider clock)
    {
        var directories = new Argument<string[]>("DIR") { Description = "Directories of certificate files (those that qemu.conf names).", Arity = ArgumentArity.ZeroOrMore };
        var command = new Command("show", "Say what guests would load that are started now. Exit code 1: a set cannot be used.") { directories };

        command.SetAction(async (parsed, cancellationToken) =>
        {
            var files = Files(() => UserOf(null, null), clock);
            var exit = ExitCode.Done;

            try
            {
                foreach (var directory in parsed.GetValue(directories) is { Length: > 0 } named ? named : Configured())
                {
                    try
                    {
                        var words = files.Read(directory) is { } set ? Words(set) : "no certificates.";
                        await parsed.InvocationConfiguration.Output.WriteLineAsync($"{directory}: {words}".AsMemory(), cancellationToken);
                    }
                    catch (CertificateException e)
                    {
                        await parsed.InvocationConfiguration.Error.WriteLineAsync(e.Message.AsMemory(), cancellationToken);
                        exit = ExitCode.Failed;
                    }
                }
            }
            catch (QemuConfException e)
            {
                await parsed.InvocationConfiguration.Error.WriteLineAsync(e.Message.AsMemory(), cancellationToken);
                exit = ExitCode.Failed;
            }

            return exit;
        });

        return command;
    }

    private static CertificateFiles Files(Func<QemuUser> user, TimeProvider clock)
    {
        var options = Options.Create(new CertificateOptions());
        return new CertificateFiles(new QemuDryLoad(user, options), user, options, clock, NullLogger<CertificateFiles>.Instance);
    }

    private static IEnumerable<string> Configured() => QemuConf().Settings().Directories.Values.Distinct(StringComparer.Ordinal);

    private static QemuConfFile QemuConf() => new(Options.Create(new QemuConfOptions()));

    private static QemuUser UserOf(string? user, string? group) => user is null && group is null ? QemuUser.Of(QemuConf()) : QemuUser.Of(user, group);

    private static string Words(InstalledSet set)
    {
        var origin = set.ByHand ? "plain files" : $"version {set.Version}{(set.Plan is { } plan ? $" of plan {plan}" : "")}";
        return $"{origin}, serial {set.Certificate.SerialNumber}, for {Names(set)}, valid until {set.Certificate.NotAfter.ToUniversalTime():u}.";
    }

    private static string Names(InstalledSet set)
    {
        try
        {
            return PeerNames.Of(set.Certificate).ToString();
        }
        catch (System.Security.Cryptography.CryptographicException)
        {
            return "names that cannot be read";
        }
    }

    private static string Text(string directory, string name)
    {
        try
        {
            return Encoding.UTF8.GetString(CertificateAdoption.Read(Path.Combine(directory, name)));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CertificateException($"{Path.Combine(directory, name)} cannot be read: {e.Message}", e);
        }
    }
}
