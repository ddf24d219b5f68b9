using Consoles.Agent.QemuConf;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Consoles.Agent.Certificates;

internal static class CertificatesSlice
{
    public static void AddCertificates(this IHostApplicationBuilder builder)
    {
        builder.Services.TryAddSingleton(TimeProvider.System);
        builder.Services.AddOptions<CertificateOptions>().BindConfiguration("Certificates").ValidateOnStart();
        builder.Services.AddSingleton<IValidateOptions<CertificateOptions>, CertificateOptionsValidator>();
        builder.Services.AddSingleton<Func<QemuUser>>(services => () => QemuUser.Of(services.GetRequiredService<QemuConfFile>()));
        builder.Services.AddSingleton<QemuDryLoad>();
        builder.Services.AddSingleton<CertificateFiles>();
    }
}
