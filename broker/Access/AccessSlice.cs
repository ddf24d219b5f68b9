using Consoles.Broker.Hosting;
using Microsoft.AspNetCore.Authentication;

namespace Consoles.Broker.Access;

internal static class AccessSlice
{
    public static void AddAccess(this WebApplicationBuilder builder)
    {
        builder.AddValidatedOptions<AccessOptions>("Access");
        builder.Services.AddSingleton<ApiKeys>();
        builder.Services.AddSingleton<BrowserLogins>();
        builder.Services.AddSingleton<FailureLimits>();
        builder.Services.AddSingleton<HostNames>();
        builder.Services.AddSingleton<IStartupFilter, FrontDoor>();

        // A handler that meets malformed input throws, and the front door says what was wrong with it.
        builder.Services.Configure<RouteHandlerOptions>(options => options.ThrowOnBadRequest = true);

        builder.Services.AddAuthentication(AccessScheme.Name).AddScheme<AuthenticationSchemeOptions, AccessScheme>(AccessScheme.Name, configureOptions: null);

        var authorization = builder.Services.AddAuthorizationBuilder();

        foreach (var role in Enum.GetValues<ApiRole>())
        {
            authorization.AddPolicy(role.ToString(), policy => policy.RequireAssertion(context => context.User.Identity?.IsAuthenticated == true && Caller.Of(context.User).IsAtLeast(role)));
        }
    }

    public static void MapAccess(this WebApplication broker) => broker.MapLogin();

    /// <summary>Lets in callers of that role and those above it. A request that changes something must come from our own pages, unless it shows its key in a header.</summary>
    public static TBuilder RequireRole<TBuilder>(this TBuilder endpoints, ApiRole role)
        where TBuilder : IEndpointConventionBuilder =>
        endpoints.RequireAuthorization(role.ToString()).AddEndpointFilter<TBuilder, OwnPagesOnly>();
}
