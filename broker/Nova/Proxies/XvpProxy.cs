using System.Net;
using Consoles.Broker.Access;
using Consoles.Broker.Sessions;
using Consoles.Common.Inventory;
using Microsoft.Extensions.Options;
using SessionOptions = Consoles.Broker.Sessions.SessionOptions;

namespace Consoles.Broker.Nova.Proxies;

/// <summary>nova-xvpvncproxy: any method and path with a token, and then RFB on the same connection.</summary>
internal sealed class XvpProxy(
    ProxyAdmission admission, ProxySessions sessions, FailureLimits failures, Forwarders forwarders, IOptions<SessionOptions> options, TimeProvider clock, ILogger<XvpProxy> logger)
    : RawProxy(failures, forwarders, options, clock, logger)
{
    public override string Name => "nova-xvpvncproxy";

    protected override async Task ServeAsync(RawRequest request, ConnectionStream connection, IPAddress? remote, Action admitted)
    {
        if (request.Token is not { } token)
        {
            await connection.WriteAsync(RawAnswer.Of(StatusCodes.Status400BadRequest, "Invalid Request", "Invalid Request"));
        }
        else if (admission.Judge(token, ConsoleKind.Vnc, remote) is not { } known)
        {
            logger.ProxyTokenRefused(Name, remote);
            await connection.WriteAsync(RawAnswer.Of(StatusCodes.Status401Unauthorized, "Not Authorized", "Not Authorized"));
        }
        else
        {
            await using var channel = new XvpChannel(connection, CloseLimit, Clock);
            await sessions.RunAsync(Name, known, ConsoleKind.Vnc, channel, remote, admitted);
        }
    }
}
