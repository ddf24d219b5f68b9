using System.Text.Json;
using Consoles.Broker.Hosting;
using Consoles.Broker.Store;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Consoles.Broker.Access;

/// <summary>Stands before everything that people's listener serves: judges the Host, and turns what fails behind it into a problem document.</summary>
internal sealed class FrontDoor(HostNames hosts, ILogger<FrontDoor> logger) : IStartupFilter
{
    private static readonly PathString[] ForPrograms = ["/v1", "/channel"];

    // A filter runs before routing: a request for a host that is not ours finds no route at all.
    public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => pipeline =>
    {
        pipeline.Use(AdmitAsync);
        next(pipeline);
    };

    private async Task AdmitAsync(HttpContext context, RequestDelegate next)
    {
        // Agents are known by their certificates, and reach this broker by names that no browser uses. Other slices' listeners have rules of their own.
        if (ListenerMark.Of(context) is { } mark && !ReferenceEquals(mark, ListenerMark.People))
        {
            await next(context);
            return;
        }

        if (!hosts.Knows(context))
        {
            await Problem.OtherHost.Result().ExecuteAsync(context);
            return;
        }

        if (!Array.Exists(ForPrograms, path => context.Request.Path.StartsWithSegments(path, StringComparison.OrdinalIgnoreCase)))
        {
            await next(context);
            return;
        }

        context.Response.Headers.CacheControl = "no-store";

        try
        {
            await next(context);
        }
        catch (Exception error) when (!context.Response.HasStarted && !context.RequestAborted.IsCancellationRequested)
        {
            await Answer(error, context).ExecuteAsync(context);
            return;
        }

        // Routing, authorization and model binding set a status and say nothing.
        if (context.Response is { HasStarted: false, StatusCode: >= 400, ContentLength: null or 0, ContentType: null })
        {
            await Problem.Of(context.Response.StatusCode).Result().ExecuteAsync(context);
        }
    }

    private ProblemHttpResult Answer(Exception error, HttpContext context)
    {
        var headers = context.Response.Headers.ToList();
        context.Response.Clear();

        foreach (var (name, value) in headers.Where(header => header.Key is "Cache-Control"))
        {
            context.Response.Headers[name] = value;
        }

        switch (error)
        {
            case BadHttpRequestException bad:
                return Problem.Of(bad.StatusCode).Result(bad.InnerException is JsonException json ? $"{bad.Message} {json.Message}" : bad.Message);

            case StoreException:
                logger.StoreFailed(error, context.Request.Path);
                return Problem.StoreUnavailable.Result(context, TimeSpan.FromSeconds(5));

            default:
                logger.RequestFailed(error, context.Request.Path);
                return Problem.Failed.Result();
        }
    }
}
