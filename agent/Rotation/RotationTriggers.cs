using Microsoft.Extensions.Hosting;
using Quartz;

namespace Consoles.Agent.Rotation;

/// <summary>Runs jobs before their time when there is a reason: another plan of the broker's.</summary>
internal sealed class RotationTriggers(ISchedulerFactory schedulers, WantedPlan plan) : BackgroundService
{
    public static readonly JobKey Rotate = new(nameof(RotateCertificates));
    public static readonly JobKey Verify = new(nameof(VerifyServedCertificates));

    /// <summary>A look is cheap: handshakes are made only when something is due, new or behind.</summary>
    public static readonly TimeSpan LookAtGuestsEvery = TimeSpan.FromSeconds(3);

    public static readonly TimeSpan ReconcileEvery = TimeSpan.FromMinutes(5);

    private readonly SemaphoreSlim _changed = new(0);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        plan.Changed += Wake;

        try
        {
            while (true)
            {
                await _changed.WaitAsync(stoppingToken);
                var scheduler = await schedulers.GetScheduler(stoppingToken);
                await scheduler.TriggerJob(Rotate, stoppingToken);
            }
        }
        finally
        {
            plan.Changed -= Wake;
        }

        void Wake() => _changed.Release();
    }

    public override void Dispose()
    {
        _changed.Dispose();
        base.Dispose();
    }
}
