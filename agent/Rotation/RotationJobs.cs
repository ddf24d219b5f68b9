using Consoles.Agent.Certificates;
using Consoles.Agent.QemuConf;
using Microsoft.Extensions.Logging;
using Quartz;

namespace Consoles.Agent.Rotation;

/// <summary>Renews certificates that are due. A run that was missed is made up for by the next, and two never overlap.</summary>
[DisallowConcurrentExecution]
internal sealed class RotateCertificates(CertificateRotation rotation, ILogger<RotateCertificates> logger) : IJob
{
    public ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken = default) =>
        RotationJob.RunAsync(() => rotation.LookAsync(cancellationToken), logger, cancellationToken);
}

/// <summary>Proves what guests serve, and has those that are behind take the certificate on disk.</summary>
[DisallowConcurrentExecution]
internal sealed class VerifyServedCertificates(CertificateRotation rotation, ILogger<VerifyServedCertificates> logger) : IJob
{
    public ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken = default) =>
        RotationJob.RunAsync(() => rotation.VerifyAsync(now: false, cancellationToken), logger, cancellationToken);
}

/// <summary>Looks whether qemu.conf still says what the policy wants.</summary>
[DisallowConcurrentExecution]
internal sealed class ReconcileQemuConfJob(NodeCertificatesReport report, ILogger<ReconcileQemuConfJob> logger) : IJob
{
    public ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken = default) => RotationJob.RunAsync(
        () =>
        {
            report.Reconcile();
            return Task.CompletedTask;
        },
        logger,
        cancellationToken);
}

internal static class RotationJob
{
    /// <summary>A job that fails is logged and comes again in its turn: it must not unschedule itself.</summary>
    public static async ValueTask RunAsync(Func<Task> work, ILogger logger, CancellationToken cancellationToken)
    {
        try
        {
            await work();
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The agent is stopping.
        }
        catch (Exception e) when (e is QemuConfException or CertificateException)
        {
            logger.ConfUnreadable(e.Message);
        }
        catch (Exception e)
        {
            logger.JobFailed(e);
        }
    }
}
