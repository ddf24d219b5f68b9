using System.Net;
using Consoles.Broker.Access;
using Consoles.Broker.Sessions;
using Consoles.Common.Inventory;
using Microsoft.Extensions.Options;
using SessionOptions = Consoles.Broker.Sessions.SessionOptions;

namespace Consoles.Broker.Nova.Proxies;

/// <summary>
/// What the URL of a spice-direct console leads to: GET answers a file that a SPICE viewer opens, and the viewer comes back with CONNECT, once for each of its channels.
/// </summary>
/// <remarks>
/// Nova leaves what stands there to others. The token is the host that the viewer asks for: viewers write hosts in small letters, which does a token no harm, and
/// no host of a request is ever dialled.
/// </remarks>
internal sealed class SpiceDirectProxy(
    ProxyAdmission admission,
    ProxySessions sessions,
    FailureLimits failures,
    Forwarders forwarders,
    IOptions<NovaOptions> nova,
    IOptions<SessionOptions> options,
    TimeProvider clock,
    ILogger<SpiceDirectProxy> logger)
    : RawProxy(failures, forwarders, options, clock, logger)
{
    // Viewers want a port with every host.
    private const int AnyPort = 5900;

    public override string Name => "spice-direct";

    protected override Task ServeAsync(RawRequest request, ConnectionStream connection, IPAddress? remote, Action admitted) => request.Method switch
    {
        "CONNECT" => ConnectAsync(request, connection, remote, admitted),
        "GET" => FileAsync(request, connection, remote),
        _ => AnswerAsync(connection, StatusCodes.Status405MethodNotAllowed, "Method Not Allowed", "GET gives a file for a SPICE viewer, CONNECT is for the viewer."),
    };

    private async Task FileAsync(RawRequest request, ConnectionStream connection, IPAddress? remote)
    {
        if (request.Token is not { } token)
        {
            await AnswerAsync(connection, StatusCodes.Status400BadRequest, "Bad Request", "The token is missing.");
            return;
        }

        if (admission.Judge(token, ConsoleKind.Spice, remote) is not { Grant: { } grant } known)
        {
            logger.ProxyTokenRefused(Name, remote);
            await AnswerAsync(connection, StatusCodes.Status401Unauthorized, "Unauthorized", ProxyAdmission.Refused.Reason);
            return;
        }

        var at = new Uri(nova.Value.SpiceDirect.BaseUrl);

        // virt-viewer(1), "CONNECTION FILE". A domain's name has no line ends, says libvirt; who knows what an agent says.
        var file = string.Join(
            '\n',
            "[virt-viewer]",
            "type=spice",
            $"title={string.Concat(grant.Domain.Where(c => !char.IsControl(c)))}",
            $"proxy={at.Scheme}://{at.Authority}",
            $"host={known.Token.Reveal()}",
            $"port={AnyPort}",
            "delete-this-file=1",
            "");

        await connection.WriteAsync(RawAnswer.Of(
            StatusCodes.Status200OK, "OK", file, "application/x-virt-viewer", "Content-Disposition: attachment; filename=\"console.vv\"\r\n"));
    }

    private async Task ConnectAsync(RawRequest request, ConnectionStream connection, IPAddress? remote, Action admitted)
    {
        var token = request.Target.Split(':')[0].Split('.')[0];

        if (admission.Judge(token, ConsoleKind.Spice, remote) is not { } known)
        {
            logger.ProxyTokenRefused(Name, remote);
            await AnswerAsync(connection, StatusCodes.Status403Forbidden, "Forbidden", ProxyAdmission.Refused.Reason);
            return;
        }

        await connection.WriteAsync("HTTP/1.1 200 Connection established\r\n\r\n"u8.ToArray());
        await using var channel = new RawChannel(connection, () => connection.Leave(CloseLimit, Clock), CloseLimit, Clock);
        await sessions.RunAsync(Name, known, ConsoleKind.Spice, channel, remote, admitted);
    }

    private static Task AnswerAsync(ConnectionStream connection, int status, string reason, string body) =>
        connection.WriteAsync(RawAnswer.Of(status, reason, body, "text/plain; charset=utf-8")).AsTask();
}
