using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Consoles.Broker.Access;
using Microsoft.Extensions.Options;

namespace Consoles.Broker.Nova.Api.Identity;

/// <summary>Asks a real Keystone who a token belongs to. While it cannot be asked, nobody is let in by it.</summary>
internal sealed class Keystone : IDisposable
{
    private const int MaxCached = 10_000;
    private const int MaxAnswerBytes = 1024 * 1024;
    private const string Down = "The Keystone service is temporarily unavailable.";

    private static readonly string[] OurPrefixes = [ApiKeySecret.Prefix, IdentityTokens.Prefix];
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(5);

    private readonly NovaKeystoneOptions _options;
    private readonly TimeProvider _clock;
    private readonly ILogger<Keystone> _logger;
    private readonly ConcurrentDictionary<string, (NovaCaller Caller, DateTimeOffset Until)> _cache = new(StringComparer.Ordinal);
    private readonly Lazy<HttpClient> _client;
    private readonly KeystoneScope _scope;
    private volatile string? _ownToken;

    public Keystone(IOptions<NovaOptions> options, TimeProvider clock, ILogger<Keystone> logger)
    {
        (_options, _clock, _logger) = (options.Value.Keystone, clock, logger);
        _scope = new KeystoneScope(_options);
        _client = new Lazy<HttpClient>(MakeClient);
        _ownToken = _options.Token;
    }

    /// <summary>Says once that every project counts, where nobody said which do.</summary>
    public void WarnOfProjects()
    {
        if (_options is { Url: { } url, Projects.Length: 0 })
        {
            _logger.KeystoneEveryProject(url);
        }
    }

    /// <summary>Null: Keystone knows no such token.</summary>
    /// <exception cref="NovaFault">503: Keystone cannot be asked.</exception>
    public async Task<NovaCaller?> FindAsync(string token, CancellationToken cancellationToken)
    {
        // Secrets of ours are none of its business, and what no header can carry is no token.
        if (Array.Exists(OurPrefixes, prefix => token.StartsWith(prefix, StringComparison.Ordinal)) || !token.All(one => one is > ' ' and <= '~'))
        {
            return null;
        }

        var digest = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(token)));
        var now = _clock.GetUtcNow();

        if (_cache.TryGetValue(digest, out var known) && now < known.Until)
        {
            return known.Caller;
        }

        try
        {
            if (await AskAsync(token, cancellationToken) is not var (caller, expires) || expires <= now)
            {
                _cache.TryRemove(digest, out _);
                return null;
            }

            Keep(digest, caller, now + _options.CacheTime < expires ? now + _options.CacheTime : expires, now);
            return caller;
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested
            && e is HttpRequestException or OperationCanceledException or JsonException or InvalidOperationException or KeyNotFoundException or FormatException or CryptographicException or IOException)
        {
            _logger.KeystoneFailed(_options.Url!, e is OperationCanceledException ? $"no answer came within {_options.Timeout.TotalSeconds:0} s." : e.Message);
            throw new NovaFault(503, Down) { RetryAfter = RetryAfter };
        }
    }

    public void Dispose()
    {
        if (_client.IsValueCreated)
        {
            _client.Value.Dispose();
        }
    }

    private async Task<(NovaCaller Caller, DateTimeOffset Expires)?> AskAsync(string token, CancellationToken cancellationToken)
    {
        var own = _ownToken ?? await LogInAsync(cancellationToken);
        var answer = await ValidateAsync(token, own, cancellationToken);

        // Our own token has expired, or was revoked.
        if (answer.StatusCode == HttpStatusCode.Unauthorized && _options.Token is null)
        {
            answer.Dispose();
            answer = await ValidateAsync(token, await LogInAsync(cancellationToken), cancellationToken);
        }

        using (answer)
        {
            if (answer.StatusCode == HttpStatusCode.NotFound)
            {
                return null;
            }

            if (answer.StatusCode != HttpStatusCode.OK)
            {
                throw new HttpRequestException($"it answered {(int)answer.StatusCode} when asked whose a token is.");
            }

            using var body = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(cancellationToken));
            return Read(body.RootElement.GetProperty("token"));
        }
    }

    private async Task<HttpResponseMessage> ValidateAsync(string token, string own, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"{_options.Url!.TrimEnd('/')}/auth/tokens?nocatalog=1");

        // A token with a line feed in it never comes through Kestrel; these throw rather than send one.
        request.Headers.Add("X-Auth-Token", own);
        request.Headers.Add("X-Subject-Token", token);
        return await _client.Value.SendAsync(request, cancellationToken);
    }

    private async Task<string> LogInAsync(CancellationToken cancellationToken)
    {
        var body = new JsonObject
        {
            ["auth"] = new JsonObject
            {
                ["identity"] = new JsonObject
                {
                    ["methods"] = new JsonArray("password"),
                    ["password"] = new JsonObject
                    {
                        ["user"] = new JsonObject { ["name"] = _options.User, ["password"] = _options.Password, ["domain"] = new JsonObject { ["name"] = _options.UserDomain } },
                    },
                },
                ["scope"] = new JsonObject
                {
                    ["project"] = new JsonObject { ["name"] = _options.Project, ["domain"] = new JsonObject { ["name"] = _options.ProjectDomain } },
                },
            },
        };

        using var content = new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json");
        using var answer = await _client.Value.PostAsync($"{_options.Url!.TrimEnd('/')}/auth/tokens", content, cancellationToken);

        if (answer.StatusCode != HttpStatusCode.Created || !answer.Headers.TryGetValues("X-Subject-Token", out var given))
        {
            throw new HttpRequestException($"it answered {(int)answer.StatusCode} when user {_options.User} logged in.");
        }

        return _ownToken = given.First();
    }

    private (NovaCaller Caller, DateTimeOffset Expires) Read(JsonElement token)
    {
        var user = token.GetProperty("user");
        var role = _scope.RoleOf(token);
        var project = token.TryGetProperty("project", out var found) ? found : default;

        var caller = new NovaCaller(
            new Caller(user.GetProperty("name").GetString()!, $"keystone:{user.GetProperty("id").GetString()}", role ?? ApiRole.Viewer),
            HasRole: role is not null,
            KeystoneScope.Text(project, "id"),
            KeystoneScope.Text(project, "name"));

        return (caller, DateTimeOffset.Parse(token.GetProperty("expires_at").GetString()!, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal));
    }

    private void Keep(string digest, NovaCaller caller, DateTimeOffset until, DateTimeOffset now)
    {
        if (_cache.Count >= MaxCached)
        {
            foreach (var (old, entry) in _cache)
            {
                if (entry.Until <= now || _cache.Count >= MaxCached)
                {
                    _cache.TryRemove(old, out _);
                }
            }
        }

        _cache[digest] = (caller, until);
    }

    private HttpClient MakeClient()
    {
        var handler = new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, UseProxy = false, PooledConnectionLifetime = TimeSpan.FromMinutes(5) };

        if (_options.CaFile is { } file)
        {
            var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck, DisableCertificateDownloads = true };
            policy.CustomTrustStore.ImportFromPemFile(file);
            handler.SslOptions.CertificateChainPolicy = policy;
        }

        return new HttpClient(handler) { Timeout = _options.Timeout, MaxResponseContentBufferSize = MaxAnswerBytes };
    }
}
