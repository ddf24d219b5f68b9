using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http.Features;

namespace Consoles.Broker.Sessions;

/// <summary>The opening handshake of a WebSocket, server's side (RFC 6455, section 4.2). No extension is ever agreed on.</summary>
internal sealed class WebSocketUpgrade
{
    // RFC 6455, section 1.3. It names SHA-1 too; nothing rests on the strength of that.
    private const string AcceptSalt = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    private const int KeyBytes = 16;

    private readonly HttpContext _context;
    private readonly IHttpUpgradeFeature _upgrade;
    private readonly string _key;

    private WebSocketUpgrade(HttpContext context, IHttpUpgradeFeature upgrade, string key)
    {
        _context = context;
        _upgrade = upgrade;
        _key = key;
    }

    /// <summary>The subprotocols that the client offers, in its order.</summary>
    public IReadOnlyList<string> Offered => _context.Request.Headers.GetCommaSeparatedValues("Sec-WebSocket-Protocol");

    /// <summary>False when the request does not ask for a WebSocket of the one version there is.</summary>
    public static bool TryRead(HttpContext context, [NotNullWhen(true)] out WebSocketUpgrade? upgrade)
    {
        var headers = context.Request.Headers;
        upgrade = null;

        if (context.Features.Get<IHttpUpgradeFeature>() is { IsUpgradableRequest: true } feature
            && HttpMethods.IsGet(context.Request.Method)
            && headers.GetCommaSeparatedValues("Upgrade").Contains("websocket", StringComparer.OrdinalIgnoreCase)
            && headers.SecWebSocketVersion is ["13"]
            && headers.SecWebSocketKey is [{ } key]
            && Base64.IsValid(key, out var bytes)
            && bytes == KeyBytes)
        {
            upgrade = new WebSocketUpgrade(context, feature, key);
        }

        return upgrade is not null;
    }

    /// <summary>Answers 101. What is returned is the connection itself.</summary>
    /// <param name="subprotocol">One of those offered; null: none is agreed on.</param>
    public Task<Stream> AcceptAsync(string? subprotocol)
    {
        var headers = _context.Response.Headers;
        headers.Upgrade = "websocket";
        headers.SecWebSocketAccept = Convert.ToBase64String(SHA1.HashData(Encoding.ASCII.GetBytes(_key + AcceptSalt)));
        headers.SecWebSocketProtocol = subprotocol;
        return _upgrade.UpgradeAsync();
    }
}
