using System.Text.Json;
using System.Text.Json.Nodes;
using Consoles.Broker.Access;
using Consoles.Broker.Api;
using Consoles.Broker.Nodes;
using Consoles.Broker.Sessions;
using Consoles.Broker.Tokens;
using Microsoft.Extensions.Options;

namespace Consoles.Broker.Nova.Api;

/// <summary>Gives out addresses of consoles, with a token in them that is good until it expires.</summary>
internal sealed class RemoteConsoles(
    ServerLists servers, ConsoleTokens tokens, IssueLimits limits, RoutePolicy routes, IOptions<GuestTlsOptions> tls, ConsoleTypes types, ILogger<RemoteConsoles> logger)
{
    private const string Policy = "os_compute_api:os-remote-consoles";
    private const string Member = "remote_console";

    private static readonly Dictionary<string, (string Protocol, JsonRule Rule)> OldActions = new(StringComparer.Ordinal)
    {
        ["os-getVNCConsole"] = ("vnc", OldRule("os-getVNCConsole", "novnc", "xvpvnc")),
        ["os-getSPICEConsole"] = ("spice", OldRule("os-getSPICEConsole", "spice-html5")),
        ["os-getSerialConsole"] = ("serial", OldRule("os-getSerialConsole", "serial")),
        ["os-getRDPConsole"] = ("rdp", OldRule("os-getRDPConsole", "rdp-html5")),
    };

    private static readonly JsonRule From6 = NewRule(["vnc", "spice", "serial", "rdp"], ["novnc", "xvpvnc", "spice-html5", "serial", "rdp-html5"]);
    private static readonly JsonRule From8 = NewRule(["vnc", "spice", "serial", "rdp", "mks"], ["novnc", "xvpvnc", "spice-html5", "serial", "rdp-html5", "webmks"]);
    private static readonly JsonRule From99 = NewRule(["vnc", "spice", "serial", "rdp", "mks"], ["novnc", "xvpvnc", "spice-html5", "spice-direct", "serial", "rdp-html5", "webmks"]);

    public static bool IsOldAction(string action) => OldActions.ContainsKey(action);

    /// <summary>Until 2.5.</summary>
    /// <exception cref="NovaFault">The request is refused.</exception>
    public JsonObject ByAction(NovaRequest request, string id, string action, JsonElement body)
    {
        var (protocol, rule) = OldActions[action];

        if (protocol == "rdp")
        {
            throw NovaFault.Gone;
        }

        rule.Check(body, request.Legacy);
        request.Demand(ApiRole.Operator, Policy);
        var type = body.GetProperty(action).GetProperty("type").GetString()!;
        return new JsonObject { ["console"] = new JsonObject { ["type"] = type, ["url"] = Issue(request, id, protocol, type) } };
    }

    /// <summary>From 2.6.</summary>
    /// <exception cref="NovaFault">The request is refused.</exception>
    public async Task<JsonNode> CreateAsync(NovaRequest request, string id)
    {
        var body = await request.BodyAsync();
        (request.Version.Since(99) ? From99 : request.Version.Since(8) ? From8 : From6).Check(body, lenient: false);
        request.Demand(ApiRole.Operator, Policy);
        var wanted = body.GetProperty(Member);
        var (protocol, type) = (wanted.GetProperty("protocol").GetString()!, wanted.GetProperty("type").GetString()!);
        return new JsonObject { [Member] = new JsonObject { ["protocol"] = protocol, ["type"] = type, ["url"] = Issue(request, id, protocol, type) } };
    }

    private string Issue(NovaRequest request, string id, string protocol, string type)
    {
        var (node, domain, heard, _) = servers.FindSettled(id);
        var wanted = types.Find(protocol, type);

        if (domain.Incarnation is not { } run)
        {
            throw NovaFault.NotReady(id, $"the domain is {domain.State}.");
        }

        var console = wanted.Choose(domain) ?? throw ConsoleTypes.Unavailable(type, $"The guest has no {wanted.What}.");
        var view = ConsoleView.Of(new ConsoleTarget(node.Identity, domain, console, heard), routes, tls.Value, request.Caller.IsAtLeast(ApiRole.Admin));

        if (view.WhyNot is { } why)
        {
            throw NovaFault.NotReady(id, why);
        }

        if (limits.Enter(request.Caller.Who.KeyId) is { } wait)
        {
            throw new NovaFault(429, "Too many consoles were asked for in the last minute.") { RetryAfter = wait };
        }

        var (token, grant) = tokens.Issue(new ConsoleWish(
            request.Caller.Who, run, domain.Name, console.Name, console.Kind, ConsoleRights.Control, wanted.Lifetime, TokenUse.UntilExpiry));

        logger.NovaTokenIssued(grant.User, grant.Id, grant.Console, grant.Domain, (int)wanted.Lifetime.TotalSeconds);
        return wanted.UrlOf(token.Reveal());
    }

    private static JsonRule OldRule(string action, params string[] types) => JsonRule.Body(action, new JsonRule
    {
        Types = ["object"],
        Members = new Dictionary<string, JsonRule>(StringComparer.Ordinal) { ["type"] = JsonRule.OneOf(types) },
        Required = ["type"],
    });

    private static JsonRule NewRule(string[] protocols, string[] types) => JsonRule.Body(Member, new JsonRule
    {
        Types = ["object"],
        Members = new Dictionary<string, JsonRule>(StringComparer.Ordinal) { ["protocol"] = JsonRule.OneOf(protocols), ["type"] = JsonRule.OneOf(types) },
        Required = ["protocol", "type"],
    });
}
