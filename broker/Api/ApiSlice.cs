using Consoles.Broker.Access;

namespace Consoles.Broker.Api;

internal static class ApiSlice
{
    public static void AddApi(this WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton<TokenDesk>();
        builder.Services.AddSingleton<Screenshots>();
        builder.Services.AddSingleton<ConsoleViews>();
        builder.Services.AddSingleton<CertificateViews>();
        builder.Services.AddSingleton<OwnCertificates>();
        builder.Services.AddOpenApi(ApiDocument.Name, options =>
        {
            // Probes and pages are not the API.
            options.ShouldInclude = route => route.RelativePath?.StartsWith("v1/", StringComparison.Ordinal) == true;
            options.AddDocumentTransformer<ApiDocument>();
        });
    }

    public static void MapApi(this WebApplication broker)
    {
        var v1 = broker.MapGroup("/v1").WithMetadata(BodyLimit.Small).ProducesProblem(401);

        v1.MapInventory();
        v1.MapCertificates();
        v1.MapTokens();
        v1.MapSessions();
        v1.MapConsoleLog();
        v1.MapKeys();
        v1.MapScreenshots();

        broker.MapOpenApi("/openapi/{documentName}.json");
    }
}
