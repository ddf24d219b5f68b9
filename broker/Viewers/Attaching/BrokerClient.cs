using System.Net.WebSockets;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Consoles.Broker.Tokens;

namespace Consoles.Broker.Viewers.Attaching;

/// <summary>A running broker, as its API and its pages know it.</summary>
/// <param name="authorities">Who may vouch for it beside those whom this machine trusts.</param>
internal sealed class BrokerClient(Uri url, string key, X509Certificate2Collection authorities) : IDisposable
{
    private readonly HttpClient _http = new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        SslOptions = { RemoteCertificateValidationCallback = (_, shown, presented, errors) => errors == System.Net.Security.SslPolicyErrors.None || Vouches(authorities, shown, presented, url.Host) },
    })
    {
        BaseAddress = url,
        Timeout = TimeSpan.FromSeconds(30),
    };

    private string Origin => url.GetLeftPart(UriPartial.Authority);

    /// <exception cref="CommandException">The broker refuses, or does not answer.</exception>
    public async Task<SocketStream> OpenAsync(string domain, string console, ConsoleRights rights, CancellationToken cancellationToken)
    {
        try
        {
            var issued = await PostAsync(
                $"/v1/domains/{Uri.EscapeDataString(domain)}/consoles/{Uri.EscapeDataString(console)}/tokens", new { rights }, request => request.Headers.Authorization = new("Bearer", key), cancellationToken);
            var token = new Uri(issued.Answer.GetProperty("url").GetString()!).Fragment.TrimStart('#');

            var redeemed = await PostAsync("/v1/redeem", new { token }, AsPage, cancellationToken);
            var kind = redeemed.Answer.GetProperty("kind").GetString();

            if (!string.Equals(kind, "serial", StringComparison.OrdinalIgnoreCase))
            {
                throw new CommandException($"{redeemed.Answer.GetProperty("console")} of {domain} is a {kind} console; a terminal shows serial ones alone. Name one with --console.");
            }

            var socket = new ClientWebSocket();
            socket.Options.SetRequestHeader("Origin", Origin);
            socket.Options.SetRequestHeader("Cookie", redeemed.Cookie);
            socket.Options.AddSubProtocol("binary");
            socket.Options.AddSubProtocol($"ticket.{redeemed.Answer.GetProperty("ticket").GetString()}");
            socket.Options.RemoteCertificateValidationCallback = (_, shown, presented, errors) => errors == System.Net.Security.SslPolicyErrors.None || Vouches(authorities, shown, presented, url.Host);
            var channel = new UriBuilder(new Uri(url, redeemed.Answer.GetProperty("channel").GetString())) { Scheme = url.Scheme == Uri.UriSchemeHttps ? "wss" : "ws" };
            await socket.ConnectAsync(channel.Uri, cancellationToken);
            return new SocketStream(socket);
        }
        catch (Exception e) when (e is HttpRequestException or WebSocketException)
        {
            throw new CommandException($"The broker at {Origin} does not answer: {e.GetBaseException().Message}");
        }
    }

    public void Dispose() => _http.Dispose();

    private async Task<(JsonElement Answer, string? Cookie)> PostAsync(string path, object body, Action<HttpRequestMessage> shape, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = JsonContent.Create(body) };
        shape(request);
        using var answer = await _http.SendAsync(request, cancellationToken);
        var text = await answer.Content.ReadAsStringAsync(cancellationToken);

        if (!answer.IsSuccessStatusCode)
        {
            throw new CommandException($"The broker refuses: {WordsOf(text) ?? $"{(int)answer.StatusCode}."}");
        }

        using var read = JsonDocument.Parse(text);
        return (read.RootElement.Clone(), answer.Headers.TryGetValues("Set-Cookie", out var cookies) ? cookies.First().Split(';')[0] : null);
    }

    private void AsPage(HttpRequestMessage request)
    {
        request.Headers.Add("Origin", Origin);
        request.Headers.Add("X-Consoles", "1");
    }

    private static string? WordsOf(string problem)
    {
        try
        {
            using var read = JsonDocument.Parse(problem);
            return (read.RootElement.TryGetProperty("detail", out var words) ? words.GetString() : null) ?? read.RootElement.GetProperty("title").GetString();
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            return null;
        }
    }

    /// <param name="authorities">Those that may vouch for the broker, or its very certificate.</param>
    private static bool Vouches(X509Certificate2Collection authorities, X509Certificate? shown, X509Chain? presented, string host)
    {
        if (shown is not X509Certificate2 certificate)
        {
            return false;
        }

        if (authorities.Any(known => known.RawDataMemory.Span.SequenceEqual(certificate.RawDataMemory.Span)))
        {
            return true;
        }

        if (authorities.Count == 0 || !certificate.MatchesHostname(host))
        {
            return false;
        }

        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(authorities);
        chain.ChainPolicy.ExtraStore.AddRange(presented?.ChainPolicy.ExtraStore ?? []);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        return chain.Build(certificate);
    }
}
