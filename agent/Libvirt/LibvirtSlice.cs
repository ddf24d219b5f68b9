using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Consoles.Agent.Libvirt;

internal static class LibvirtSlice
{
    public static void AddLibvirt(this IHostApplicationBuilder builder)
    {
        builder.Services.AddOptions<LibvirtOptions>().BindConfiguration("Libvirt").ValidateOnStart();
        builder.Services.AddSingleton<IValidateOptions<LibvirtOptions>, LibvirtOptionsValidator>();
    }
}
