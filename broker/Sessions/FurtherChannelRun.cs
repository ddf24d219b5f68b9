using Consoles.Broker.Nodes;
using Consoles.Broker.Sessions.Spice;
using Consoles.Common.Relaying;
using Microsoft.Extensions.Options;

namespace Consoles.Broker.Sessions;

/// <summary>The life of one more channel of a session: it is opened as its session says, relays, and ends with the session at the latest.</summary>
internal sealed class FurtherChannelRun(ConsoleDirectory directory, TimeProvider clock, IOptions<SessionOptions> options, ILogger<FurtherChannelRun> logger)
{
    // A guest that ends closes all its channels, and what became of it is known a little later. See GuestFate.
    private static readonly TimeSpan SessionEndsWithin = TimeSpan.FromSeconds(1);

    /// <summary>Returns when the channel is over and the viewer was told why. The channel is closed, and the guest's side let go.</summary>
    public async Task RunAsync(Session session, ViewerChannel viewer)
    {
        var name = "not opened";
        var relayed = default(RelayResult);
        SessionEnding? ending = null;

        try
        {
            var (opened, why) = await OpenAsync(session, viewer);
            ending = why;

            if (opened is not null)
            {
                name = opened.Name;
                logger.ChannelOpened(session.Id, name);
                relayed = await Relay.RunAsync(opened.Viewer, opened.Guest, SayLastWordsAsync, session.Stop);
            }
        }
        catch (Exception error)
        {
            logger.ChannelFailed(error, session.Id);
            ending = new SessionEnding(CloseCode.GuestUnreachable, "The broker failed; its log says why.");
        }

        ending = session.Ending ?? ending ?? SessionEnding.GuestClosed;
        await viewer.CloseAsync(ending);
        logger.ChannelEnded(session.Id, name, (int)ending.Code, ending.Reason, relayed.BytesToGuest, relayed.BytesToViewer);

        async Task SayLastWordsAsync(RelayEnd end, Exception? error)
        {
            ending = end == RelayEnd.Viewer ? SessionRun.EndingOfViewer(viewer, error) : await EndingOfSessionAsync(session);
            await viewer.CloseAsync(ending);
        }
    }

    private async Task<(FurtherChannel? Opened, SessionEnding? Why)> OpenAsync(Session session, ViewerChannel viewer)
    {
        if (session.Further is not { } further)
        {
            return (null, new SessionEnding(CloseCode.PolicyViolation, "The viewer asked for one more channel before its first one was open."));
        }

        if (directory.Find(session.Grant.Incarnation, session.Grant.Console) is not { } target)
        {
            return (null, await EndingOfSessionAsync(session));
        }

        using var deadline = new CancellationTokenSource(options.Value.SetupLimit, clock);
        using var setup = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, session.Stop);

        // The viewer's reads take no notice of the token; closing makes them end.
        await using var late = setup.Token.UnsafeRegister(_ => _ = viewer.CloseAsync(session.Ending ?? TookTooLong), null);

        try
        {
            return (await further.OpenAsync(target, viewer, session.Grant.Rights, setup.Token), null);
        }
        catch (OperationCanceledException) when (setup.IsCancellationRequested)
        {
            return (null, TookTooLong);
        }
        catch (GuestException failure)
        {
            logger.GuestNotReached(session.Id, session.Grant.Domain, session.Grant.Console, failure.Failure, failure.Message);
            return (null, SessionEnding.Of(failure.Failure, ConsoleAddress.Hide(failure.Message, target.Endpoint)));
        }
        catch (SpiceException refused) when (refused.Fault is not SpiceFault.Ended)
        {
            return (null, new SessionEnding(refused.Fault == SpiceFault.NotAcceptable ? CloseCode.PolicyViolation : CloseCode.ProtocolError, refused.Message));
        }
        catch (Exception error) when (error is IOException or SpiceException)
        {
            return (null, SessionRun.EndingOfViewer(viewer, error: null));
        }
    }

    private async Task<SessionEnding> EndingOfSessionAsync(Session session)
    {
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var told = session.Stop.UnsafeRegister(static state => ((TaskCompletionSource)state!).TrySetResult(), ended);
        await Task.WhenAny(ended.Task, Task.Delay(SessionEndsWithin, clock));
        return session.Ending ?? SessionEnding.GuestClosed;
    }

    private SessionEnding TookTooLong =>
        new(CloseCode.GuestUnreachable, $"One of the console's channels was not open within {options.Value.SetupLimit.TotalSeconds:0} s.");
}
