using Consoles.Broker.Nodes;
using Consoles.Common.Inventory;
using Microsoft.Extensions.Options;

namespace Consoles.Broker.Sessions;

/// <summary>Ends sessions whose guest's run is over, that nobody uses, that are too old, and all of them when the broker stops.</summary>
internal sealed class SessionWatch(
    SessionRegistry sessions, ConsoleDirectory directory, GuestFate fate, TimeProvider clock, IOptions<SessionOptions> options, IHostApplicationLifetime life) : IHostedService, IDisposable
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    private ITimer? _timer;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        directory.Ended += OnEnded;
        life.ApplicationStopping.Register(sessions.Stop);
        _timer = clock.CreateTimer(_ => EndOverdue(), state: null, Period, Period);
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken)
    {
        directory.Ended -= OnEnded;
        return Task.CompletedTask;
    }

    public void Dispose() => _timer?.Dispose();

    private void OnEnded(IReadOnlyList<Incarnation> runs)
    {
        var over = runs.ToHashSet();

        foreach (var session in sessions.Sessions.Where(session => over.Contains(session.Grant.Incarnation)))
        {
            _ = EndAsync(session);
        }
    }

    private async Task EndAsync(Session session)
    {
        var ending = await fate.LearnAsync(session.Grant.Incarnation, session.Node);

        // The run is over, so a guest that still shows its console is another one, or a QEMU that is about to end.
        sessions.End(other => other == session, ending == SessionEnding.GuestClosed ? SessionEnding.GuestStopped : ending);
    }

    private void EndOverdue()
    {
        var now = clock.GetUtcNow();
        sessions.End(session => now - session.StartedAt >= options.Value.HardLimit, SessionEnding.TooOld);
        sessions.End(session => now >= session.Deadline, SessionEnding.TokenExpired);
        sessions.End(session => session.Silence?.Invoke() >= options.Value.IdleLimit, SessionEnding.Idle);
    }
}
