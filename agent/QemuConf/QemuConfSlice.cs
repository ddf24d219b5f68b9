using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Consoles.Agent.QemuConf;

internal static class QemuConfSlice
{
    public static void AddQemuConf(this IHostApplicationBuilder builder)
    {
        builder.Services.AddOptions<QemuConfOptions>().BindConfiguration(QemuConfOptions.Section).ValidateOnStart();
        builder.Services.AddSingleton<IValidateOptions<QemuConfOptions>, QemuConfOptionsValidator>();
        builder.Services.AddSingleton<QemuConfFile>();
        builder.Services.AddSingleton<ReconcileQemuConf>();
    }
}
