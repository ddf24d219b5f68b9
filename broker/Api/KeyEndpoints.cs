using System.Security.Claims;
using System.Text.Json.Serialization;
using Consoles.Broker.Access;
using Consoles.Broker.Nodes;
using Consoles.Broker.Sessions;
using Consoles.Broker.Tokens;
using Consoles.Broker.Typing;
using Consoles.Common.Inventory;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Consoles.Broker.Api;

/// <summary>Types texts and presses keys in domains.</summary>
internal static class KeyEndpoints
{
    private const string Running = "running";

    public static void MapKeys(this RouteGroupBuilder v1)
    {
        v1.MapPost("/domains/{domain}/keys", TypeAsync).WithName("type").WithSummary("Types a text into a domain with the keys of a layout, or presses keys together.")
            .ProducesProblem(400).ProducesProblem(403).ProducesProblem(404).ProducesProblem(409).ProducesProblem(502).ProducesProblem(503).ProducesProblem(504).RequireRole(ApiRole.Operator);
        v1.MapPost("/keys", TypeBySessionAsync).WithName("type-by-session").WithSummary("Types a text into the domain whose console a page shows. Only our own pages may ask.")
            .ProducesProblem(400).ProducesProblem(403).ProducesProblem(409).ProducesProblem(429).ProducesProblem(502).ProducesProblem(503).ProducesProblem(504);
    }

    internal static async Task<Results<Ok<KeysAnswer>, ProblemHttpResult>> TypeAsync(
        string domain, KeysRequest request, ConsoleDirectory directory, KeyboardLayouts layouts, Typist typist, ClaimsPrincipal user, CancellationToken cancellationToken)
    {
        if (directory.FindDomain(domain) is not var (node, found))
        {
            return Problem.NotFound.Result("No such domain is heard of, or several have that name.");
        }

        if (found.Incarnation is not { } run || found.State != Running)
        {
            return Problem.DomainNotRunning.Result($"The domain is {found.State}.");
        }

        if (!KeysReading.TryRead(request, layouts, out var plan, out var refusal))
        {
            return refusal;
        }

        var caller = Caller.Of(user);
        return await AnswerAsync(typist, new TypingOrder(caller.User, $"key {caller.KeyId}", node.Identity.Name, run, found.Name, plan), cancellationToken);
    }

    /// <summary>A console's page has no key: what it may do is what its session may, as long as that lasts.</summary>
    internal static async Task<Results<Ok<KeysAnswer>, ProblemHttpResult>> TypeBySessionAsync(
        SessionKeysRequest request,
        HttpContext context,
        SessionRegistry sessions,
        ViewerCookie cookies,
        FailureLimits failures,
        ConsoleDirectory directory,
        KeyboardLayouts layouts,
        Typist typist)
    {
        var remote = context.Connection.RemoteIpAddress;

        if (!SameOrigin.IsWithHeader(context.Request))
        {
            return Problem.OtherOrigin.Result();
        }

        if (failures.WaitOf(remote) is { } wait)
        {
            return Problem.TooMany.Result(context, wait);
        }

        if (request.Ticket is not { } ticket || cookies.Read(context.Request) is not { } cookie || sessions.FindByTicket(ConnectionTickets.DigestOf(ticket, cookie)) is not { } session)
        {
            failures.Count(remote);
            return Problem.TokenRefused.Result("The console that this page showed is closed.");
        }

        var grant = session.Grant;

        if (grant.Rights == ConsoleRights.View)
        {
            return Problem.NotAllowed.Result("This console is open to view alone.");
        }

        // Who may use a serial line was not given the keyboard, at which somebody else may have logged in.
        if (grant.Kind is not (ConsoleKind.Vnc or ConsoleKind.Spice))
        {
            return Problem.NotAllowed.Result("This console is not that of a screen and its keyboard.");
        }

        if (directory.Find(grant.Incarnation, grant.Console) is not { Domain.State: Running } target)
        {
            return Problem.DomainNotRunning.Result("The guest does not run, or not as it did when its console was opened.");
        }

        if (!KeysReading.TryRead(request, layouts, out var plan, out var refusal))
        {
            return refusal;
        }

        using var either = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, session.Stop);
        return await AnswerAsync(typist, new TypingOrder(grant.User, $"session {session.Id}", target.Node.Name, grant.Incarnation, target.Domain.Name, plan), either.Token);
    }

    private static async Task<Results<Ok<KeysAnswer>, ProblemHttpResult>> AnswerAsync(Typist typist, TypingOrder order, CancellationToken cancellationToken)
    {
        try
        {
            return TypedResults.Ok(new KeysAnswer(await typist.TypeAsync(order, cancellationToken)));
        }
        catch (TypingException failure)
        {
            var problem = failure.Fault switch
            {
                TypingFault.Busy => Problem.TypingBusy,
                TypingFault.AgentAway => Problem.AgentAway,
                TypingFault.Late => Problem.AgentLate,
                _ => Problem.AgentFailed,
            };

            return problem.Result(failure.Message, new Dictionary<string, object?>(StringComparer.Ordinal) { ["typed"] = failure.Typed });
        }
    }
}

/// <summary>What is to be typed: a text with its layout, or keys. It may be a password, and does not print.</summary>
/// <param name="Text">At most 4096 characters. A line's end is Enter, a tabulator is Tab.</param>
/// <param name="Layout">That of the guest: us, gb, de, fr, es, it, se, no or ch.</param>
/// <param name="Keys">Keys that are pressed together, as linux/input-event-codes.h calls them, in this order.</param>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
internal record KeysRequest(string? Text = null, string? Layout = null, IReadOnlyList<string>? Keys = null)
{
    public override string ToString() => nameof(KeysRequest);
}

/// <summary>The same, of a console's page.</summary>
/// <param name="Ticket">What opened the page's console; it works with the page's cookie alone.</param>
/// <param name="Text">At most 4096 characters.</param>
/// <param name="Layout">That of the guest.</param>
/// <param name="Keys">Keys that are pressed together.</param>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
internal sealed record SessionKeysRequest(string? Ticket = null, string? Text = null, string? Layout = null, IReadOnlyList<string>? Keys = null) : KeysRequest(Text, Layout, Keys)
{
    public override string ToString() => nameof(SessionKeysRequest);
}

/// <param name="Typed">How many characters were typed; 1 for keys that were pressed together.</param>
internal sealed record KeysAnswer(int Typed);
