using System.Net;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Consoles.Broker.Authority;
using Consoles.Broker.Store;
using Microsoft.AspNetCore.Http.Features;

namespace Consoles.Broker.Nodes;

/// <summary>What all posts of agents have in common: a short body of JSON, and an answer in words when it is refused.</summary>
internal static class AgentPosts
{
    private const int MaxBodyBytes = 16 * 1024;
    private const int RetryAfterSeconds = 5;

    /// <summary>For an agent that shows its certificate.</summary>
    public static Task<IResult> AnswerAsync<T>(
        HttpContext context, JsonTypeInfo<T> type, AgentIdentity identity, Func<T, EnrolledNode, Task<IResult>> answer)
        where T : class =>
        AnswerAsync(context, type, request => identity.TryIdentify(context.Connection.ClientCertificate, out var node, out var refusal)
            ? answer(request, node)
            : Task.FromResult(Refuse(refusal)));

    public static async Task<IResult> AnswerAsync<T>(HttpContext context, JsonTypeInfo<T> type, Func<T, Task<IResult>> answer)
        where T : class
    {
        context.Features.GetRequiredFeature<IHttpMaxRequestBodySizeFeature>().MaxRequestBodySize = MaxBodyBytes;

        try
        {
            var request = await JsonSerializer.DeserializeAsync(context.Request.Body, type, context.RequestAborted);
            return request is null ? BadRequest("The request is empty.") : await answer(request);
        }
        catch (JsonException)
        {
            return BadRequest("The request is not the JSON that is wanted here.");
        }
        catch (BadHttpRequestException e)
        {
            return Results.Problem(e.Message, statusCode: e.StatusCode);
        }
        catch (SigningRequestException e)
        {
            return BadRequest(e.Message);
        }
        catch (HostCertificateException e) when (e.Busy)
        {
            context.Response.Headers.RetryAfter = RetryAfterSeconds.ToString();
            return Results.Problem(e.Message, statusCode: StatusCodes.Status503ServiceUnavailable);
        }
        catch (HostCertificateException e)
        {
            return Results.Problem(e.Message, statusCode: StatusCodes.Status502BadGateway);
        }
        catch (StoreException e)
        {
            context.RequestServices.GetRequiredService<ILogger<NodeRegistry>>().StoreFailed(e.Message);
            context.Response.Headers.RetryAfter = RetryAfterSeconds.ToString();
            return Results.Problem("The broker's store is not available.", statusCode: StatusCodes.Status503ServiceUnavailable);
        }
    }

    /// <exception cref="BadHttpRequestException">JSON left the member out, whatever its type says.</exception>
    public static void Require(object? value, string member)
    {
        if (value is null)
        {
            throw new BadHttpRequestException($"The request has no {member}.");
        }
    }

    /// <summary>Where the agent comes from. An IPv4 address is what people give and what is dialled, also when it came to a socket of IPv6.</summary>
    public static IPAddress Remote(HttpContext context)
    {
        var address = context.Connection.RemoteIpAddress ?? IPAddress.None;
        return address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
    }

    public static IResult Refuse(string reason) => Results.Problem(reason, statusCode: StatusCodes.Status403Forbidden);

    private static IResult BadRequest(string reason) => Results.Problem(reason, statusCode: StatusCodes.Status400BadRequest);
}
