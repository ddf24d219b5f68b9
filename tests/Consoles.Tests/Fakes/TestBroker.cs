using System.Net;
using Consoles.Broker;
using Consoles.Broker.Access;
using Consoles.Broker.Authority;
using Consoles.Broker.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Consoles.Tests.Fakes;

/// <summary>The real broker in this process, on free loopback ports and a state directory of its own.</summary>
internal sealed class TestBroker : IAsyncDisposable
{
    private readonly TempDirectory? _ownState;
    private readonly WebApplication _broker;

    private TestBroker(WebApplication broker, string state, TempDirectory? ownState)
    {
        _broker = broker;
        _ownState = ownState;
        StateDirectory = state;
    }

    public string StateDirectory { get; }

    public IServiceProvider Services => _broker.Services;

    /// <summary>Where people ask: http://127.0.0.1:PORT, or https when --Listeners:People:Scheme=https was given.</summary>
    public Uri People => new($"{Get<Microsoft.Extensions.Options.IOptions<ListenersOptions>>().Value.People.EffectiveScheme.ToString().ToLowerInvariant()}://{Get<BoundListeners>().People}");

    /// <summary>Where agents ask: https://127.0.0.1:PORT, with a certificate of the fleet's root.</summary>
    public Uri Agents => new($"https://{Get<BoundListeners>().Agents}");

    /// <param name="configure">Replaces what the test must: a clock, a guest connector.</param>
    /// <param name="state">An earlier broker's state directory, for a restart; the caller deletes it.</param>
    /// <param name="args">Further settings, e.g. --Sessions:AllowPlain=true.</param>
    public static async Task<TestBroker> StartAsync(Action<WebApplicationBuilder>? configure = null, string? state = null, params string[] args)
    {
        var ownState = state is null ? new TempDirectory() : null;
        var directory = state ?? ownState!.Path;

        var broker = BrokerHost.Build(
            ["--Listeners:People:Port=0", "--Listeners:Agents:Port=0", $"--Store:Directory={directory}", .. args],
            builder =>
            {
                builder.Logging.ClearProviders();
                configure?.Invoke(builder);
            });

        await broker.StartAsync();
        return new TestBroker(broker, directory, ownState);
    }

    public T Get<T>()
        where T : notnull => _broker.Services.GetRequiredService<T>();

    /// <summary>A new API key, as its bearer writes it.</summary>
    public string CreateKey(ApiRole role = ApiRole.Admin, string name = "test") => Get<ApiKeys>().Create(role, name, lifetime: null).Secret.Reveal();

    /// <summary>A client of the people's listener. It trusts the fleet's root, follows no redirects and keeps no cookies.</summary>
    public HttpClient CreateClient(string? key = null)
    {
        var root = Get<AuthorityRoots>().Fleet;

        var client = new HttpClient(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            SslOptions = { RemoteCertificateValidationCallback = (_, _, chain, _) => chain is not null && TestTls.Trusts(root, chain) },
        })
        {
            BaseAddress = People,
            // Ends what hangs. A busy machine may need half a minute for what is long in itself, such as typing a whole layout.
            Timeout = TimeSpan.FromMinutes(2),
        };

        if (key is not null)
        {
            client.DefaultRequestHeaders.Authorization = new("Bearer", key);
        }

        return client;
    }

    /// <summary>Ends the broker in good order and leaves its state.</summary>
    public async Task StopAsync() => await _broker.StopAsync();

    public async ValueTask DisposeAsync()
    {
        await _broker.StopAsync();
        await _broker.DisposeAsync();
        _ownState?.Dispose();
    }
}
