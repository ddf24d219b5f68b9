using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Consoles.Agent.Identity;

internal static class IdentitySlice
{
    /// <remarks>A host that has no usable identity does not start: <see cref="IdentityException"/>.</remarks>
    /// <param name="renews">False: a command, beside an agent that renews its identity itself.</param>
    public static void AddIdentity(this IHostApplicationBuilder builder, bool renews = true)
    {
        builder.Services.TryAddSingleton(TimeProvider.System);
        builder.Services.AddOptions<IdentityOptions>().BindConfiguration("Identity").ValidateOnStart();
        builder.Services.AddSingleton<IValidateOptions<IdentityOptions>, IdentityOptionsValidator>();
        builder.Services.AddSingleton<IdentityFiles>();
        builder.Services.AddSingleton(services => new CurrentIdentity(services.GetRequiredService<IdentityFiles>().Read()));
        builder.Services.AddSingleton<AgentExit>();

        if (renews)
        {
            builder.Services.AddHostedService<RenewalLoop>();
        }
    }
}
