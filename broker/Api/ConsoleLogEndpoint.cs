using Consoles.Broker.Access;
using Consoles.Broker.Nodes;
using Consoles.Common.Inventory;
using Consoles.Common.Link;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Net.Http.Headers;

namespace Consoles.Broker.Api;

/// <summary>What a serial console has shown so far, as text. It is what a viewer of the console is shown first, and asks for no more than that.</summary>
internal static class ConsoleLogEndpoint
{
    internal const int DefaultBytes = 64 * 1024;
    internal const int MaxBytes = 1024 * 1024;
    internal const int MaxLines = 100_000;

    // Each holds MaxBytes of the past, and three times that of text where every byte is broken.
    private static readonly SemaphoreSlim Room = new(8);

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);
    internal static readonly TimeSpan RoomMayBeFoundIn = TimeSpan.FromSeconds(1);

    public static void MapConsoleLog(this RouteGroupBuilder v1) =>
        v1.MapGet("/domains/{domain}/console-log", ReadAsync).WithName("console-log").WithSummary("Shows what a domain's serial console has shown lately, as text.")
            .Produces<string>(contentType: "text/plain").ProducesProblem(400).ProducesProblem(404).ProducesProblem(409).ProducesProblem(429).ProducesProblem(503).RequireRole(ApiRole.Viewer);

    /// <param name="bytes">At most so many, the latest: 64 KiB unless said, or 1 MiB where lines are asked for.</param>
    /// <param name="lines">At most so many, the latest.</param>
    /// <param name="console">Which serial console; the first one unless said.</param>
    internal static async Task<Results<FileContentHttpResult, ProblemHttpResult>> ReadAsync(
        string domain, int? bytes, int? lines, string? console, HttpContext context, ConsoleDirectory directory, IAgentStreams streams, TimeProvider clock)
    {
        if (bytes is < 1 or > MaxBytes)
        {
            return Problem.BadRequest.Result($"bytes must be from 1 to {MaxBytes}, and is {bytes}.");
        }

        if (lines is < 1 or > MaxLines)
        {
            return Problem.BadRequest.Result($"lines must be from 1 to {MaxLines}, and is {lines}.");
        }

        if (directory.FindDomain(domain) is not var (node, found))
        {
            return Problem.NotFound.Result("No such domain is heard of, or several have that name.");
        }

        if (found.Consoles.FirstOrDefault(candidate => candidate.Kind == ConsoleKind.Serial && (console is null || candidate.Name == console)) is not { } serial)
        {
            return Problem.NotFound.Result(console is null ? "The domain has no serial console." : "The domain has no such serial console.");
        }

        if (found.Incarnation is not { } run)
        {
            return Problem.DomainNotRunning.Result($"The domain is {found.State}, and what its console showed is kept only while it runs.");
        }

        using var place = EnterRoom();

        if (place is null)
        {
            return Problem.TooMany.Result(context, RoomMayBeFoundIn, "Too many consoles are being read at the moment.");
        }

        try
        {
            var wanted = bytes ?? (lines is null ? DefaultBytes : MaxBytes);
            var past = await PastAsync(streams, node.Identity.Name, run, new SerialPastSource(serial.Name, wanted), clock, context.RequestAborted);
            var headers = context.Response.Headers;
            headers.XContentTypeOptions = "nosniff";
            headers.CacheControl = "no-store";
            headers.ContentDisposition = Attachment($"{found.Name}-{serial.Name}.txt");
            return TypedResults.Bytes(ConsoleLogText.Of(past, lines), "text/plain; charset=utf-8");
        }
        catch (AgentStreamException e) when (e.Fault is StreamFault.NoSuchRun or StreamFault.NoSuchConsole or StreamFault.Held)
        {
            return Problem.ConsoleNotOpenable.Result(e.Message);
        }
        catch (AgentStreamException e)
        {
            return Problem.AgentAway.Result(e.Message);
        }
        catch (IOException)
        {
            return Problem.AgentAway.Result("The agent's stream broke off.");
        }
        catch (OperationCanceledException) when (!context.RequestAborted.IsCancellationRequested)
        {
            return Problem.AgentLate.Result();
        }
    }

    /// <summary>Whoever reads the past of a console keeps a place until it is done with it; null when there is none free.</summary>
    internal static IDisposable? EnterRoom() => Room.Wait(TimeSpan.Zero) ? new Place() : null;

    // An agent that sends more than it was asked for is not heard to the end.
    internal static async Task<ReadOnlyMemory<byte>> PastAsync(
        IAgentStreams streams, string node, Incarnation run, SerialPastSource source, TimeProvider clock, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(Patience, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        await using var stream = await streams.OpenAsync(node, run, source, either.Token);
        var buffer = new byte[source.MaxBytes];
        var count = await stream.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, either.Token);
        return buffer.AsMemory(0, count);
    }

    private static string Attachment(string name)
    {
        var header = new ContentDispositionHeaderValue("attachment");
        header.SetHttpFileName(name);
        return header.ToString();
    }

    private sealed class Place : IDisposable
    {
        public void Dispose() => Room.Release();
    }
}
