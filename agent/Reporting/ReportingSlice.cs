using Consoles.Agent.Relays;
using Consoles.Agent.Rotation;
using Consoles.Common.Systemd;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Consoles.Agent.Reporting;

internal static class ReportingSlice
{
    public static void AddReporting(this IHostApplicationBuilder builder)
    {
        builder.Services.AddOptions<ReportingOptions>().BindConfiguration("Reporting").ValidateOnStart();
        builder.Services.AddSingleton<IValidateOptions<ReportingOptions>, ReportingOptionsValidator>();
        builder.Services.TryAddSingleton(ServiceNotifier.FromEnvironment());
        builder.Services.TryAddSingleton<WantedPlan>();
        builder.Services.AddSingleton<LinkState>();
        builder.Services.AddSingleton<EpochFile>();
        builder.Services.AddSingleton<ILinkRequestHandler, PasswordAnswers>();
        builder.Services.AddHostedService<ReportingLoop>();
        builder.Services.AddHostedService<ServiceStatusLoop>();
    }
}
