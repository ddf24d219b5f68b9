using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Consoles.Common.Link;
using Consoles.Common.Tls;

namespace Consoles.Agent.Identity;

/// <summary>HTTP to the broker's listener for agents: no proxy, no redirects, no cookies, no resumption, and sockets that notice a dead peer.</summary>
internal static class BrokerHttp
{
    // A broker that is up answers a SYN at once; one that comes back is dialled anew before its lost SYNs are repeated.
    private static readonly TimeSpan DialTimeout = TimeSpan.FromSeconds(3);

    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(15);

    private const int MaxAnswerBytes = 256 * 1024;
    private const int MaxReasonLength = 300;

    /// <param name="tls">For one connection or a few at one moment: a chain policy carries the time it was made at.</param>
    public static SocketsHttpHandler Handler(SslClientAuthenticationOptions tls) => new()
    {
        SslOptions = tls,
        ConnectCallback = DialAsync,
        ConnectTimeout = AnswerTimeout,
        UseProxy = false,
        UseCookies = false,
        AllowAutoRedirect = false,
        MaxResponseHeadersLength = 16,
        ActivityHeadersPropagator = null,
    };

    public static HttpClient Client(SocketsHttpHandler handler) => new(handler)
    {
        Timeout = AnswerTimeout,
        MaxResponseContentBufferSize = MaxAnswerBytes,
        DefaultRequestVersion = HttpVersion.Version11,
    };

    /// <summary>Posts to <see cref="LinkPaths.Enrol"/> or <see cref="LinkPaths.Renew"/>.</summary>
    /// <param name="own">The present certificate, or null when the agent has none yet.</param>
    /// <exception cref="IdentityException">The broker is not there, is not the right one, or does not want to.</exception>
    public static async Task<EnrolmentAnswer> PostAsync(
        Uri broker, string path, EnrolmentRequest request, PeerTrust trust, TlsIdentity? own, CancellationToken cancellationToken)
    {
        var body = await SendAsync(broker, path, JsonSerializer.SerializeToUtf8Bytes(request, LinkJson.Default.EnrolmentRequest), trust, own, cancellationToken);

        return Read(broker, body, LinkJson.Default.EnrolmentAnswer) is { Certificate: not null, Authority: not null, Node: not null } answer
            ? answer
            : throw NoAnswer(broker, "members are missing");
    }

    /// <summary>Posts under the agent's identity, and reads what comes back. Members that JSON leaves out are null in it.</summary>
    /// <exception cref="IdentityException">The broker is not there, is not the right one, or does not want to.</exception>
    public static async Task<TAnswer?> PostAsync<TRequest, TAnswer>(
        AgentIdentity identity, string path, TRequest request, JsonTypeInfo<TRequest> requestType, JsonTypeInfo<TAnswer> answerType, CancellationToken cancellationToken) =>
        Read(identity.Broker, await PostAsync(identity, path, request, requestType, cancellationToken), answerType);

    /// <summary>The same, for a request whose answer is that it was done.</summary>
    /// <exception cref="IdentityException">The broker is not there, is not the right one, or does not want to.</exception>
    public static Task<byte[]> PostAsync<TRequest>(AgentIdentity identity, string path, TRequest request, JsonTypeInfo<TRequest> requestType, CancellationToken cancellationToken) =>
        SendAsync(identity.Broker, path, JsonSerializer.SerializeToUtf8Bytes(request, requestType), identity.Trust, identity.Tls, cancellationToken);

    private static TAnswer? Read<TAnswer>(Uri broker, byte[] body, JsonTypeInfo<TAnswer> type)
    {
        try
        {
            return JsonSerializer.Deserialize(body, type);
        }
        catch (JsonException e)
        {
            throw NoAnswer(broker, e.Message, e);
        }
    }

    private static IdentityException NoAnswer(Uri broker, string why, Exception? inner = null) =>
        new($"The broker at {broker.Authority} answered with something else than what was asked for: {why}", inner);

    private static async Task<byte[]> SendAsync(Uri broker, string path, byte[] json, PeerTrust trust, TlsIdentity? own, CancellationToken cancellationToken)
    {
        string? fault = null;
        using var client = Client(Handler(PeerTls.ClientOptions(trust, [broker.IdnHost], own, words => fault = words)));

        using var content = new ByteArrayContent(json);
        content.Headers.ContentType = new("application/json");

        try
        {
            using var response = await client.PostAsync(new Uri(broker, path), content, cancellationToken);
            var body = await response.Content.ReadAsByteArrayAsync(cancellationToken);

            return response.IsSuccessStatusCode
                ? body
                : throw new IdentityException($"The broker at {broker.Authority} refused: {Reason(response.StatusCode, body)}") { Status = response.StatusCode };
        }
        catch (HttpRequestException e)
        {
            throw Translate(e, broker, fault);
        }
        catch (TaskCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new IdentityException($"The broker at {broker.Authority} did not answer within {AnswerTimeout.TotalSeconds:0} s.", e);
        }
    }

    public static IdentityException Translate(HttpRequestException e, Uri broker, string? fault) => fault is not null
        ? new IdentityException($"What answers at {broker.Authority} is not the broker of this fleet. {fault}", e)
        : new IdentityException($"The broker at {broker.Authority} is not reachable: {(e.InnerException ?? e).Message}", e);

    /// <summary>What the broker gave as its reason (RFC 9457).</summary>
    public static string Reason(HttpStatusCode status, ReadOnlySpan<byte> body)
    {
        var words = $"HTTP {(int)status}";

        try
        {
            var reader = new Utf8JsonReader(body);

            if (JsonElement.TryParseValue(ref reader, out var problem) && problem.Value.ValueKind == JsonValueKind.Object)
            {
                foreach (var member in (ReadOnlySpan<string>)["title", "detail"])
                {
                    if (problem.Value.TryGetProperty(member, out var text) && text.ValueKind == JsonValueKind.String)
                    {
                        words = $"{words}: {text.GetString()}";
                    }
                }
            }
        }
        catch (JsonException)
        {
            // Not a problem document: the status alone has to do.
            words = $"{words}, without a reason";
        }

        return Plain(words);
    }

    /// <summary>A broker's words, fit for a terminal and a log.</summary>
    public static string Plain(string words) => string.Concat(words.Where(letter => !char.IsControl(letter)).Take(MaxReasonLength));

    private static async ValueTask<Stream> DialAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };

        try
        {
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, optionValue: true);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, 10);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, 5);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, 3);

            using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            patience.CancelAfter(DialTimeout);
            await socket.ConnectAsync(context.DnsEndPoint, patience.Token);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            socket.Dispose();
            throw new IOException($"no connection within {DialTimeout.TotalSeconds:0} s", e);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
