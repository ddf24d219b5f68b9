using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace Consoles.Broker.Api;

/// <summary>What the OpenAPI document says beside the routes.</summary>
internal sealed class ApiDocument : IOpenApiDocumentTransformer
{
    public const string Name = "v1";

    private const string Bearer = "bearer";

    public Task TransformAsync(OpenApiDocument document, OpenApiDocumentTransformerContext context, CancellationToken cancellationToken)
    {
        document.Info = new OpenApiInfo
        {
            Title = "Consoles",
            Version = Name,
            Description = "The consoles of a libvirt fleet. Every error is a problem document (RFC 9457) whose type is stable.",
        };

        // Where it is asked for is where it is.
        document.Servers = null;
        document.Components ??= new OpenApiComponents();
        document.Components.SecuritySchemes = new Dictionary<string, IOpenApiSecurityScheme>(StringComparer.Ordinal)
        {
            [Bearer] = new OpenApiSecurityScheme { Type = SecuritySchemeType.Http, Scheme = Bearer, Description = "An API key: consoles-broker key create." },
        };

        document.Security = [new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference(Bearer, document)] = [] }];
        return Task.CompletedTask;
    }
}
