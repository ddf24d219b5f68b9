using System.Net;
using System.Net.WebSockets;
using Consoles.Broker.Sessions.Spice;

namespace Consoles.Tests.Fakes;

/// <summary>One channel of a SPICE session, opened at a broker as its page does.</summary>
internal sealed class SpicePage : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly ClientWebSocket _socket;

    private SpicePage(ClientWebSocket socket)
    {
        _socket = socket;
        Viewer = new SpiceViewer(WebSocketStream.Create(socket, WebSocketMessageType.Binary));
    }

    public SpiceViewer Viewer { get; }

    /// <summary>The number that further channels show, where this is a main channel.</summary>
    public uint Session { get; private set; }

    public static CancellationToken Limit => new CancellationTokenSource(Patience).Token;

    /// <summary>Opens the WebSocket, and says nothing yet.</summary>
    /// <param name="cookie">With its name.</param>
    public static async Task<SpicePage> ConnectAsync(string origin, string ticket, string cookie)
    {
        var socket = new ClientWebSocket();
        socket.Options.CollectHttpResponseDetails = true;
        socket.Options.SetRequestHeader("Origin", origin);
        socket.Options.SetRequestHeader("Cookie", cookie);
        socket.Options.AddSubProtocol("binary");
        socket.Options.AddSubProtocol($"ticket.{ticket}");

        try
        {
            await socket.ConnectAsync(new Uri($"ws://{new Uri(origin).Authority}/channel"), Limit);
            return new SpicePage(socket);
        }
        catch (WebSocketException e)
        {
            var status = socket.HttpStatusCode;
            socket.Dispose();
            throw new SpicePageRefusedException(status, e);
        }
    }

    /// <summary>A session by its main channel, the first message read.</summary>
    public static async Task<SpicePage> OpenAsync(string origin, string ticket, string cookie)
    {
        var page = await ConnectAsync(origin, ticket, cookie);
        await page.LinkAsync(SpiceSamples.Link());
        page.Session = await page.Viewer.SessionAsync(Limit);
        return page;
    }

    /// <summary>One more channel of a session.</summary>
    public static async Task<SpicePage> OpenAsync(string origin, string ticket, string cookie, SpiceChannelType type, uint session)
    {
        var page = await ConnectAsync(origin, ticket, cookie);
        await page.LinkAsync(SpiceSamples.Link(type, session));
        return page;
    }

    /// <summary>Reads on until the broker closes the channel: why it did.</summary>
    public async Task<(int Code, string Reason)> ClosedAsync()
    {
        var buffer = new byte[4096];

        while (await Viewer.Stream.ReadAsync(buffer, Limit) > 0)
        {
        }

        return ((int)_socket.CloseStatus!, _socket.CloseStatusDescription!);
    }

    private async Task LinkAsync(SpiceLinkMessage wanted)
    {
        try
        {
            await Viewer.LinkAsync(wanted, Limit);
        }
        catch (SpiceException e) when (e.Fault == SpiceFault.Ended)
        {
            throw new InvalidOperationException($"The broker closed the {wanted.Type} channel: {_socket.CloseStatus} {_socket.CloseStatusDescription}", e);
        }
    }

    /// <summary>Closes it as a page does.</summary>
    public Task CloseAsync() => _socket.CloseAsync(WebSocketCloseStatus.NormalClosure, statusDescription: null, Limit);

    public void Dispose() => _socket.Dispose();
}

/// <summary>The broker did not open the WebSocket.</summary>
internal sealed class SpicePageRefusedException(HttpStatusCode status, Exception inner) : Exception($"The broker answered {status}.", inner)
{
    public HttpStatusCode Status { get; } = status;
}
