using Consoles.Agent.Certificates;
using Consoles.Agent.Identity;
using Microsoft.Extensions.Logging;

namespace Consoles.Agent.Rotation;

/// <summary>Orders one certificate for the node, and installs it wherever it is wanted.</summary>
internal sealed class SetInstallation(CurrentIdentity current, CertificateFiles files, RotationSchedule schedule, WantedPlan wanted, ILogger<CertificateRotation> logger)
{
    /// <returns>The directories that have a new set. Why the others have none is noted in the schedule.</returns>
    public async Task<IReadOnlyCollection<string>> InstallAsync(IReadOnlyCollection<string> directories, CancellationToken cancellationToken)
    {
        var (identity, _) = current.Get();
        var done = new List<string>();

        try
        {
            var (papers, plan) = await HostCertificateOrder.PlaceAsync(identity, cancellationToken);

            // Newer than what the broker said with the latest report, which would ask for another order.
            wanted.Became(plan);

            foreach (var directory in directories)
            {
                try
                {
                    var installed = await files.InstallAsync(directory, papers, plan, identity.Node, cancellationToken);
                    logger.Installed(installed.Certificate.SerialNumber.ToLowerInvariant(), directory, new DateTimeOffset(installed.Certificate.NotAfter));
                    done.Add(directory);
                }
                catch (CertificateException e)
                {
                    schedule.Failed(directory, e.Message);
                }
            }
        }
        catch (Exception e) when (e is IdentityException or NoAuthorityException)
        {
            foreach (var directory in directories)
            {
                schedule.Failed(directory, e.Message);
            }
        }

        return done;
    }
}
