using System.Text.Json;
using System.Text.Json.Nodes;
using Consoles.Broker.Access;
using Consoles.Broker.Nova.Proxies;
using Microsoft.Extensions.Options;

namespace Consoles.Broker.Nova.Api.Identity;

/// <summary>As much of Keystone's v3 API as clients need that insist on logging in: API keys are its users. There is one project, whatever a client asks for.</summary>
internal sealed class IdentityFront(
    ApiKeys keys, IdentityTokens tokens, NovaCallers callers, TimeProvider clock, IOptions<NovaOptions> options, ILogger<IdentityFront> logger)
{
    private const string Subject = "X-Subject-Token";

    // Nobody knows yet who sends it.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private const string Refused = "The request you have made requires authentication.";

    /// <summary>A real Keystone takes its place.</summary>
    public bool IsOn => options.Value.Keystone.Url is null;

    /// <param name="path">What follows /v3/.</param>
    /// <param name="root">How the caller reaches this listener.</param>
    /// <exception cref="NovaFault">The request is refused.</exception>
    public Task AnswerAsync(HttpContext context, string[] path, string root) => (context.Request.Method, path) switch
    {
        ("GET", [] or [""]) => NovaApiDoor.WriteAsync(context, 200, IdentityAnswers.Version(root)),
        ("POST", ["auth", "tokens"]) => LogInAsync(context, root),
        ("GET" or "HEAD", ["auth", "tokens"]) => ShowAsync(context, root),
        ("DELETE", ["auth", "tokens"]) => RevokeAsync(context),
        ("GET", ["auth", "catalog"]) => ForCallerAsync(context, new JsonObject { ["catalog"] = IdentityAnswers.Catalog(root) }),
        ("GET", ["auth", "projects"]) => ForCallerAsync(context, IdentityAnswers.Projects($"{root}/v3/auth/projects")),
        ("GET", ["users", var user, "projects"]) => ForCallerAsync(context, IdentityAnswers.Projects($"{root}/v3/users/{Uri.EscapeDataString(user)}/projects"), user),
        (_, [] or [""] or ["auth", "tokens" or "catalog" or "projects"] or ["users", _, "projects"]) => throw new NovaFault(405, "The method is not allowed for the requested URL."),
        _ => throw NovaFault.NotThere,
    };

    private async Task LogInAsync(HttpContext context, string root)
    {
        var login = Judge(await BodyAsync(context));
        var remote = context.Connection.RemoteIpAddress;

        if (login.Key is not { } key)
        {
            callers.Refuse(context, isGuess: !login.IsStale);
            logger.NovaLoginRefused(remote);
            throw new NovaFault(401, Refused);
        }

        var (secret, token) = tokens.Issue(key, login.Method, login.Parent);
        logger.NovaLoggedIn(key.Name, remote);
        IdleClient.Known(context);
        context.Response.Headers[Subject] = secret;
        context.Response.Headers.Vary = NovaCallers.Header;
        await NovaApiDoor.WriteAsync(context, 201, IdentityAnswers.Token(token, key, root));
    }

    // A key is whose name or id the user has. Which of the two was wrong, nobody is told.
    private Login Judge(JsonElement body)
    {
        var identity = At(At(body, "auth"), "identity");

        if (At(identity, "methods") is { ValueKind: JsonValueKind.Array } methods && methods.GetArrayLength() == 1 && Text(methods[0]) is { } method)
        {
            var given = At(identity, method);

            switch (method)
            {
                case "password":
                    return new Login(method, KeyOf(Text(At(At(given, "user"), "password")), At(given, "user")));
                case "application_credential":
                    return new Login(method, KeyOf(Text(At(given, "secret")), given));
                case "token":
                    return ByToken(method, Text(At(given, "id")) ?? "");
            }
        }

        throw new NovaFault(400, "Expecting auth.identity with one method: password, application_credential or token.");
    }

    private Login ByToken(string method, string secret) =>
        tokens.Find(secret) is { } token ? new Login(method, keys.Find(token.KeyId), token, IsStale: true) : new Login(method, Key: null, IsStale: IdentityTokens.IsWellFormed(secret));

    private ApiKey? KeyOf(string? secret, JsonElement named) =>
        keys.Verify(secret) is { } key && (Text(At(named, "id")) ?? Text(At(named, "name"))) is { } name && (name == key.Id || name == key.Name) ? key : null;

    private async Task ShowAsync(HttpContext context, string root)
    {
        var (token, _) = await SubjectAsync(context);
        var key = keys.Find(token.KeyId) ?? throw new NovaFault(404, "Could not find token.");
        context.Response.Headers[Subject] = context.Request.Headers[Subject];
        context.Response.Headers.Vary = NovaCallers.Header;
        await NovaApiDoor.WriteAsync(context, 200, IdentityAnswers.Token(token, key, root));
    }

    private async Task RevokeAsync(HttpContext context)
    {
        var (_, secret) = await SubjectAsync(context);
        tokens.Revoke(secret);
        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    // One's own token is shown to everybody, another's to administrators.
    private async Task<(IdentityToken Token, string Secret)> SubjectAsync(HttpContext context)
    {
        var caller = await callers.FindAsync(context) ?? throw new NovaFault(401, Refused);
        var secret = context.Request.Headers[Subject].ToString();

        if (tokens.Find(secret) is not { } token)
        {
            throw new NovaFault(404, "Could not find token.");
        }

        return token.KeyId == caller.Who.KeyId || caller.IsAtLeast(ApiRole.Admin) ? (token, secret) : throw new NovaFault(403, "You are not authorized to perform the requested action: identity:validate_token.");
    }

    // What is a user's own is told to administrators, too.
    private async Task ForCallerAsync(HttpContext context, JsonObject answer, string? user = null)
    {
        var caller = await callers.FindAsync(context) ?? throw new NovaFault(401, Refused);

        if (user is not null && user != caller.UserId && !caller.IsAtLeast(ApiRole.Admin))
        {
            throw new NovaFault(403, "You are not authorized to perform the requested action: identity:list_user_projects.");
        }

        await NovaApiDoor.WriteAsync(context, 200, answer);
    }

    private async Task<JsonElement> BodyAsync(HttpContext context)
    {
        using var limit = new CancellationTokenSource(Patience, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, context.RequestAborted);

        try
        {
            return await JsonBody.ReadAsync(context.Request, "The request body is no valid JSON.", either.Token);
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested)
        {
            context.Response.Headers.Connection = "close";
            throw new NovaFault(408, "The request did not come in time.");
        }
    }

    private static JsonElement At(JsonElement value, string name) => value.ValueKind == JsonValueKind.Object && value.TryGetProperty(name, out var found) ? found : default;

    private static string? Text(JsonElement value) => value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    /// <param name="Key">Null: what was shown is not good.</param>
    /// <param name="Parent">The token that was shown instead of a key.</param>
    /// <param name="IsStale">Where there is no key: what was shown may well have been good once.</param>
    private sealed record Login(string Method, ApiKey? Key, IdentityToken? Parent = null, bool IsStale = false);
}
