using System.Collections.Concurrent;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using System.Text.Json.Nodes;
using Consoles.Tests.Fakes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.Logging;

namespace Consoles.Tests.Broker.Nova.Api;

/// <summary>As much of Keystone as validates tokens, over TLS, on a real port.</summary>
internal sealed class FakeKeystone : IAsyncDisposable
{
    private readonly TestPki _pki;
    private readonly TempDirectory _files = new();
    private readonly WebApplication _server;
    private int _logins;

    private FakeKeystone(TestPki pki, WebApplication server) => (_pki, _server) = (pki, server);

    /// <summary>Each user's token, and its roles.</summary>
    public ConcurrentDictionary<string, string[]> Tokens { get; } = new(StringComparer.Ordinal);

    /// <summary>What all tokens are for: members of the answer, such as project, domain or system.</summary>
    public string Scope { get; set; } = """{"project":{"id":"0123456789abcdef0123456789abcdef","name":"demo","domain":{"id":"default","name":"Default"}}}""";

    /// <summary>What it was asked, in order.</summary>
    public ConcurrentQueue<string> Asked { get; } = new();

    public string Expires { get; set; } = "2099-01-01T00:00:00.000000Z";

    /// <summary>Answers everything with this, when set.</summary>
    public int? Failure { get; set; }

    /// <summary>Answers nothing until it is told to go on.</summary>
    public Task Hold { get; set; } = Task.CompletedTask;

    public string Url => _server.Urls.Single().Replace("127.0.0.1", "localhost", StringComparison.Ordinal) + "/v3";

    public string CaFile
    {
        get
        {
            File.WriteAllText(_files["ca.pem"], _pki.RootPem);
            return _files["ca.pem"];
        }
    }

    public static async Task<FakeKeystone> StartAsync()
    {
        var pki = new TestPki();
        var issued = pki.Server("localhost");
        var certificate = X509Certificate2.CreateFromPem(issued.ChainPem, issued.KeyPem);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel => kestrel.ConfigureHttpsDefaults(https => https.ServerCertificate = certificate));
        builder.WebHost.UseUrls("https://127.0.0.1:0");
        var keystone = new FakeKeystone(pki, builder.Build());
        keystone._server.Run(keystone.AnswerAsync);
        await keystone._server.StartAsync();
        return keystone;
    }

    /// <summary>Our own token is good no longer.</summary>
    public void ForgetLogins() => Interlocked.Increment(ref _logins);

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        _pki.Dispose();
        _files.Dispose();
    }

    private async Task AnswerAsync(HttpContext context)
    {
        Asked.Enqueue(context.Request.Method);
        await Hold.WaitAsync(TimeSpan.FromSeconds(60), context.RequestAborted);

        if (Failure is { } failure)
        {
            context.Response.StatusCode = failure;
        }
        else if (context.Request.Method == "POST")
        {
            using var body = await JsonDocument.ParseAsync(context.Request.Body);
            var user = body.RootElement.GetProperty("auth").GetProperty("identity").GetProperty("password").GetProperty("user");
            var good = user.GetProperty("name").GetString() == "consoles" && user.GetProperty("password").GetString() == "s3cret";
            context.Response.StatusCode = good ? 201 : 401;
            context.Response.Headers["X-Subject-Token"] = $"service-{_logins}";
        }
        else if (context.Request.Headers["X-Auth-Token"] != $"service-{_logins}")
        {
            context.Response.StatusCode = 401;
        }
        else if (Tokens.TryGetValue(context.Request.Headers["X-Subject-Token"].ToString(), out var roles))
        {
            var token = (JsonObject)JsonNode.Parse(Scope)!;
            token["methods"] = new JsonArray("password");
            token["user"] = new JsonObject { ["id"] = "u1", ["name"] = "ada", ["domain"] = new JsonObject { ["id"] = "default", ["name"] = "Default" } };
            token["roles"] = new JsonArray([.. roles.Select(role => new JsonObject { ["id"] = role, ["name"] = role })]);
            token["expires_at"] = Expires;
            await context.Response.WriteAsync(new JsonObject { ["token"] = token }.ToJsonString());
        }
        else
        {
            context.Response.StatusCode = 404;
        }
    }
}
