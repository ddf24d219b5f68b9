using System.Net;
using Consoles.Broker.Access;
using Consoles.Broker.Hosting;
using Consoles.Broker.Sessions;
using Consoles.Broker.Store;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.Extensions.Options;
using SessionOptions = Consoles.Broker.Sessions.SessionOptions;

namespace Consoles.Broker.Nova.Proxies;

/// <summary>A proxy whose clients send the head of a request, and then speak their console's protocol on the same connection.</summary>
internal abstract class RawProxy(FailureLimits failures, Forwarders forwarders, IOptions<SessionOptions> options, TimeProvider clock, ILogger logger)
{
    /// <summary>As Nova names its service, for the log.</summary>
    public abstract string Name { get; }

    protected TimeSpan CloseLimit => options.Value.CloseLimit;

    protected TimeProvider Clock => clock;

    public async Task ServeAsync(ConnectionContext connection)
    {
        var stream = new ConnectionStream(connection);

        try
        {
            var (request, fault) = await ReadAsync(connection);
            var remote = forwarders.ClientOf((connection.RemoteEndPoint as IPEndPoint)?.Address, request?.ForwardedFor ?? []);

            if (fault is { } status)
            {
                await stream.WriteAsync(RawAnswer.OfFault(status));
            }
            else if (request is not null && failures.WaitOf(remote) is not null)
            {
                await stream.WriteAsync(RawAnswer.Of(StatusCodes.Status429TooManyRequests, "Too Many Requests", "Too many wrong tokens came from your network; wait a minute."));
            }
            else if (request is not null)
            {
                await ServeAsync(request, stream, remote, () => WaitingRoom.Release(connection));
            }
        }
        catch (StoreException error)
        {
            logger.ProxyFailed(error, Name);
            await stream.WriteAsync(RawAnswer.Of(StatusCodes.Status503ServiceUnavailable, "Service Unavailable", "The broker's store is not available; try again in a moment."));
        }
        catch (IOException)
        {
            // The client left.
        }
        catch (Exception error)
        {
            logger.ProxyFailed(error, Name);
        }
        finally
        {
            stream.Leave(CloseLimit, clock);
        }
    }

    /// <param name="admitted">To be called when it counts as a session, and not while anything is still awaited of the client.</param>
    protected abstract Task ServeAsync(RawRequest request, ConnectionStream connection, IPAddress? remote, Action admitted);

    private static async Task<(RawRequest? Request, int? Fault)> ReadAsync(ConnectionContext connection)
    {
        var stopping = connection.Features.Get<IConnectionLifetimeNotificationFeature>()?.ConnectionClosedRequested ?? connection.ConnectionClosed;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        limit.CancelAfter(ProxyListeners.StepLimit);
        return await RawRequest.ReadAsync(connection.Transport.Input, limit.Token);
    }
}
