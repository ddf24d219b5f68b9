using Consoles.Agent.Inventory;
using Consoles.Common.Inventory;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Quartz;

namespace Consoles.Agent.Rotation;

internal static class RotationSlice
{
    public static void AddRotation(this IHostApplicationBuilder builder)
    {
        builder.Services.AddOptions<RotationOptions>().BindConfiguration("Rotation").ValidateOnStart();
        builder.Services.AddSingleton<IValidateOptions<RotationOptions>, RotationOptionsValidator>();
        builder.Services.TryAddSingleton<IOwnSerialLines, NoSerialLines>();
        builder.Services.TryAddSingleton<WantedPlan>();
        builder.Services.AddSingleton<HandshakeHold>();
        builder.Services.AddSingleton<ServedProbe>();
        builder.Services.AddSingleton<VncReload>();
        builder.Services.AddSingleton<SerialReload>();
        builder.Services.AddSingleton<SetsOnDisk>();
        builder.Services.AddSingleton<GuestCertificates>();
        builder.Services.AddSingleton<RotationSchedule>();
        builder.Services.AddSingleton<NodeCertificatesReport>();
        builder.Services.AddSingleton<SetInstallation>();
        builder.Services.AddSingleton<RotationLock>();
        builder.Services.AddSingleton<CertificateRotation>();

        // Whoever switches TLS on asks for sets, and does not know who makes them.
        builder.Services.AddSingleton<Func<IReadOnlyDictionary<CertificateUse, string>, CancellationToken, Task>>(
            services => (directories, cancellationToken) => services.GetRequiredService<CertificateRotation>().EnsureAsync(directories, cancellationToken));
    }

    /// <summary>Has all of that done at its times, for as long as the agent runs.</summary>
    public static void AddRotationJobs(this IHostApplicationBuilder builder)
    {
        var options = builder.Configuration.GetSection("Rotation").Get<RotationOptions>() ?? new RotationOptions();

        // A job that is told to stop does so between two steps: none is left half done, and none is waited for that has only begun.
        builder.Services.Configure<QuartzSchedulerOptions>(scheduler => scheduler.ShutdownJobInterruption = ShutdownJobInterruption.WhenWaitingForJobs);

        builder.AddQuartz(quartz =>
        {
            quartz.ScheduleJob<RotateCertificates>(
                trigger => trigger.StartNow().WithSimpleSchedule(options.LookEvery), job => job.WithIdentity(RotationTriggers.Rotate));
            quartz.ScheduleJob<VerifyServedCertificates>(
                trigger => trigger.StartNow().WithSimpleSchedule(RotationTriggers.LookAtGuestsEvery), job => job.WithIdentity(RotationTriggers.Verify));
            quartz.ScheduleJob<ReconcileQemuConfJob>(trigger => trigger.StartNow().WithSimpleSchedule(RotationTriggers.ReconcileEvery));
        });

        builder.AddQuartzHostedService(hosted => hosted.WaitForJobsToComplete = true);
        builder.Services.AddHostedService<RotationTriggers>();
    }
}
