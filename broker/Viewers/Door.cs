using System.Security.Authentication;
using System.Security.Cryptography;
using Consoles.Broker.Sessions;
using Consoles.Common.Relaying;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Consoles.Broker.Viewers;

/// <summary>Serves the viewers of one listener, from connection to end.</summary>
internal abstract class Door(Reception reception, SessionRegistry registry, ILogger logger)
{
    /// <summary>What comes in here, for the log.</summary>
    protected abstract string Name { get; }

    protected Reception Reception { get; } = reception;

    protected SessionRegistry Registry { get; } = registry;

    /// <summary>Whoever comes in by a listener is for this door.</summary>
    public void Stand(ListenOptions listen)
    {
        Reception.Room.Watch(listen, full: remote => logger.NoRoomForVisitor(Name, remote));
        listen.Run(ServeAsync);
    }

    protected abstract Task ServeAsync(Visitor visitor);

    private async Task ServeAsync(ConnectionContext connection)
    {
        var visitor = Reception.Receive(connection);

        try
        {
            await ServeAsync(visitor);
        }
        catch (Exception e) when (e is IOException or ProtocolException or AuthenticationException or CryptographicException)
        {
            logger.VisitorLeft(Name, visitor.Remote, e.Message);
        }
        catch (OperationCanceledException)
        {
            logger.VisitorTooSlow(Name, visitor.Remote);
        }
        catch (Exception error)
        {
            logger.VisitorFailed(error, Name, visitor.Remote);
        }
        finally
        {
            visitor.Leave();
        }
    }

    /// <summary>The visitor's session, from its token to its end.</summary>
    protected async Task RunAsync(Visitor visitor, Session session, SessionRun run, Func<ViewerChannel> channel)
    {
        try
        {
            visitor.Admit();
            await using var opened = channel();
            await run.RunAsync(session, opened);
        }
        finally
        {
            Registry.Remove(session);
        }
    }
}
