using System.Diagnostics.CodeAnalysis;
using Consoles.Broker.Access;
using Consoles.Broker.Nodes;
using Consoles.Broker.Sessions;
using Consoles.Broker.Tokens;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;

namespace Consoles.Broker.Api;

/// <summary>Issues tokens to whoever asks for them, or says why not.</summary>
internal sealed class TokenDesk(
    ConsoleDirectory directory, ConsoleTokens tokens, IssueLimits limits, RoutePolicy routes, IOptions<GuestTlsOptions> tls, IOptions<TokenOptions> options)
{
    // Lifetimes are whole seconds on the wire.
    private const int ShortestLifetime = 5;

    /// <param name="problem">Why there is none.</param>
    public bool TryIssue(ConsoleAsked asked, HttpContext context, [NotNullWhen(true)] out ConsoleIssued? issued, [NotNullWhen(false)] out ProblemHttpResult? problem)
    {
        var caller = Caller.Of(context.User);
        var rights = asked.Rights ?? (caller.IsAtLeast(ApiRole.Operator) ? ConsoleRights.Control : ConsoleRights.View);
        issued = null;
        problem = WhyNotTo(caller, rights, asked.Lifetime);

        if (problem is not null)
        {
            return false;
        }

        if (directory.FindDomain(asked.Domain) is not var (node, found))
        {
            problem = Problem.NotFound.Result("No such domain is heard of, or several have that name.");
            return false;
        }

        if (found.Incarnation is not { } run)
        {
            problem = Problem.ConsoleNotOpenable.Result($"The domain is {found.State}.");
            return false;
        }

        if ((found.Consoles.FirstOrDefault(candidate => candidate.Name == asked.Console)
            ?? found.Consoles.FirstOrDefault(candidate => candidate.Kind.ToString().Equals(asked.Console, StringComparison.OrdinalIgnoreCase))) is not { } endpoint)
        {
            problem = Problem.NotFound.Result("The domain has no such console.");
            return false;
        }

        var target = new ConsoleTarget(node.Identity, found, endpoint, directory.IsHeardOf(node));

        if ((ConsoleView.Of(target, routes, tls.Value, caller.IsAtLeast(ApiRole.Admin)).WhyNot ?? asked.WhyNot?.Invoke(target, rights)) is { } why)
        {
            problem = Problem.ConsoleNotOpenable.Result(why);
            return false;
        }

        if (limits.Enter(caller.KeyId) is { } wait)
        {
            problem = Problem.TooMany.Result(context, wait, $"A user is issued at most {options.Value.IssuedPerMinute} tokens a minute.");
            return false;
        }

        var (token, grant) = tokens.Issue(
            new ConsoleWish(caller, run, found.Name, endpoint.Name, endpoint.Kind, rights, asked.Lifetime is { } seconds ? TimeSpan.FromSeconds(seconds) : null, asked.Use));

        issued = new ConsoleIssued(token, grant, target);
        return true;
    }

    private ProblemHttpResult? WhyNotTo(Caller caller, ConsoleRights rights, int? lifetime) => rights switch
    {
        _ when !Enum.IsDefined(rights) => Problem.BadRequest.Result("rights must be view, control or force."),
        not ConsoleRights.View when !caller.IsAtLeast(ApiRole.Operator) => Problem.NotAllowed.Result("Viewers are given tokens to view alone."),
        ConsoleRights.Force when !caller.IsAtLeast(ApiRole.Admin) => Problem.NotAllowed.Result("Only administrators are given tokens to take a console by force."),
        _ when lifetime < ShortestLifetime || lifetime > options.Value.MaxLifetime.TotalSeconds =>
            Problem.BadRequest.Result($"lifetime must be from {ShortestLifetime} to {options.Value.MaxLifetime.TotalSeconds:0} seconds, and is {lifetime}."),
        _ => null,
    };
}

/// <summary>What somebody asks a token for.</summary>
/// <param name="Domain">UUID or name.</param>
/// <param name="Console">Name or kind.</param>
/// <param name="Rights">Null: what the caller's role allows.</param>
/// <param name="Lifetime">How many seconds it waits to be redeemed; null: as is usual.</param>
/// <param name="WhyNot">Why the console cannot be opened in the way that the token is for, in words, or null when it can.</param>
internal sealed record ConsoleAsked(
    string Domain, string Console, ConsoleRights? Rights, int? Lifetime, TokenUse Use = TokenUse.Once, Func<ConsoleTarget, ConsoleRights, string?>? WhyNot = null);

internal sealed record ConsoleIssued(ConsoleToken Token, ConsoleGrant Grant, ConsoleTarget Target);
