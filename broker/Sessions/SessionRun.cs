using Consoles.Broker.Nodes;
using Consoles.Common.Relaying;
using Microsoft.Extensions.Options;

namespace Consoles.Broker.Sessions;

/// <summary>The life of one session: finds its guest, has it proved, lets the viewer in, relays, and says how it ended.</summary>
internal sealed class SessionRun(
    ConsoleDirectory directory,
    SessionRegistry sessions,
    IGuestConnector connector,
    GuestFate fate,
    IAgentStreams agents,
    TimeProvider clock,
    IOptions<SessionOptions> options,
    ILogger<SessionRun> logger)
{
    /// <summary>Returns when the session is over and the viewer was told why. The channel is closed, and the guest's side let go.</summary>
    public async Task RunAsync(Session session, ViewerChannel channel)
    {
        session.Silence = () => channel.Silence;
        RelayResult relayed = default;

        try
        {
            relayed = await ServeAsync(session, channel);
        }
        catch (Exception error)
        {
            logger.SessionFailed(error, session.Id);
            session.End(new SessionEnding(CloseCode.GuestUnreachable, "The broker failed; its log says why."));
        }

        var ending = session.End(SessionEnding.GuestClosed);
        await channel.CloseAsync(ending);
        var grant = session.Grant;
        logger.SessionEnded(
            session.Id,
            grant.User,
            grant.Domain,
            grant.Incarnation.Domain,
            grant.Console,
            (int)ending.Code,
            ending.Reason,
            relayed.BytesToGuest,
            relayed.BytesToViewer,
            clock.GetUtcNow() - session.StartedAt);
    }

    private async Task<RelayResult> ServeAsync(Session session, ViewerChannel channel)
    {
        using var deadline = new CancellationTokenSource(options.Value.SetupLimit, clock);
        using var setup = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, session.Stop);

        if (await ConnectAsync(session, setup.Token) is not { } guest)
        {
            return default;
        }

        var agent = agents.AgentOf(session.Node);

        await using (guest)
        {
            if (await AdmitAsync(session, channel, guest, setup.Token) is not { } viewer)
            {
                return default;
            }

            session.Further = guest as IFurtherChannels;
            TakeOver(session, guest);

            // Where the console's protocol tells input from the rest of what a viewer sends, input is what counts.
            session.Silence = () => guest.LastInput is { } input ? clock.GetElapsedTime(input) : channel.Silence;
            logger.SessionOpened(session.Id, session.Grant.User, session.Grant.Domain, session.Grant.Incarnation.Domain, session.Grant.Console, session.Grant.Rights, session.Remote);
            return await Relay.RunAsync(viewer, guest.Stream, SayLastWordsAsync, session.Stop);
        }

        async Task SayLastWordsAsync(RelayEnd end, Exception? error)
        {
            var ending = session.Ending ?? (end == RelayEnd.Guest ? await EndingOfGuestAsync(session, guest, agent) : EndingOfViewer(channel, error));
            await channel.CloseAsync(session.End(ending));
        }
    }

    /// <summary>The guest's side, proved; null when the session ended for want of it.</summary>
    private async Task<GuestEnd?> ConnectAsync(Session session, CancellationToken setup)
    {
        // Asked anew, and by the run that the token is for: what listens at the address now may be another guest.
        if (directory.Find(session.Grant.Incarnation, session.Grant.Console) is not { } target)
        {
            session.End(await fate.LearnAsync(session.Grant.Incarnation, session.Node));
            return null;
        }

        try
        {
            return await connector.ConnectAsync(target, session.Grant, setup);
        }
        catch (GuestException failure)
        {
            logger.GuestNotReached(session.Id, session.Grant.Domain, session.Grant.Console, failure.Failure, failure.Message);
            session.End(SessionEnding.Of(failure.Failure, ConsoleAddress.Hide(failure.Message, target.Endpoint)));
        }
        catch (OperationCanceledException) when (setup.IsCancellationRequested)
        {
            session.End(TookTooLong("The guest's console"));
        }

        return null;
    }

    /// <summary>The viewer's stream, its handshake done; null when the session ended during it.</summary>
    private async Task<Stream?> AdmitAsync(Session session, ViewerChannel channel, GuestEnd guest, CancellationToken setup)
    {
        // The channel takes no notice of the token; closing it makes its reads end.
        await using var late = setup.UnsafeRegister(_ => _ = channel.CloseAsync(session.End(TookTooLong("The viewer"))), null);

        try
        {
            return await guest.AdmitAsync(channel, session.Grant.Rights, setup);
        }
        catch (GuestException failure)
        {
            session.End(SessionEnding.Of(failure.Failure, failure.Message));
        }
        catch (Exception error) when (error is IOException or ProtocolException or OperationCanceledException)
        {
            session.End(EndingOfViewer(channel, error));
        }

        return null;
    }

    // spice-server ends a session when another begins; only here is it known why.
    private void TakeOver(Session session, GuestEnd guest)
    {
        if (guest.IsForOne)
        {
            sessions.End(
                other => other != session && other.Grant.Incarnation == session.Grant.Incarnation && other.Grant.Console == session.Grant.Console,
                SessionEnding.TakenOver);
        }
    }

    private async Task<SessionEnding> EndingOfGuestAsync(Session session, GuestEnd guest, long? agent)
    {
        var ending = await fate.LearnAsync(session.Grant.Incarnation, session.Node);

        // A guest whose run goes on did not end the stream where the one who carried it has gone.
        return ending == SessionEnding.GuestClosed && guest.Relayed && agents.AgentOf(session.Node) != agent ? SessionEnding.AgentLeft : ending;
    }

    private SessionEnding TookTooLong(string who) =>
        new(CloseCode.GuestUnreachable, $"{who} did not finish its handshake within {options.Value.SetupLimit.TotalSeconds:0} s.");

    internal static SessionEnding EndingOfViewer(ViewerChannel channel, Exception? error) => (channel.Fault, error) switch
    {
        ({ } fault, _) => new SessionEnding((CloseCode)fault.Code, fault.Reason),
        (_, ProtocolException) => new SessionEnding(CloseCode.ProtocolError, error.Message),
        _ => SessionEnding.ViewerLeft,
    };
}
