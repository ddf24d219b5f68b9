using Consoles.Broker.Nodes;
using Consoles.Common.Inventory;

namespace Consoles.Broker.Sessions;

/// <summary>Finds out why a guest's side ended: stopped, started anew, or moved. The reports that tell come a little later than the end itself.</summary>
internal sealed class GuestFate(ConsoleDirectory directory, TimeProvider clock)
{
    // The viewer is to know within a second.
    private static readonly TimeSpan Limit = TimeSpan.FromMilliseconds(800);

    // The node that a guest moved to may report later than the one that it left.
    private static readonly TimeSpan MoveGrace = TimeSpan.FromMilliseconds(300);

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(25);

    /// <param name="node">The node that the run was on.</param>
    public async Task<SessionEnding> LearnAsync(Incarnation run, string node)
    {
        var start = clock.GetTimestamp();
        TimeSpan? over = null;

        while (true)
        {
            var passed = clock.GetElapsedTime(start);

            if (Look(run, node, out var isOver) is { } known)
            {
                return known;
            }

            if (isOver)
            {
                over ??= passed;
            }

            if (passed >= Limit || passed - over >= MoveGrace)
            {
                return isOver ? SessionEnding.GuestStopped : SessionEnding.GuestClosed;
            }

            await Task.Delay(Pause, clock);
        }
    }

    private SessionEnding? Look(Incarnation run, string node, out bool isOver)
    {
        isOver = true;

        foreach (var entry in directory.Nodes)
        {
            if (!directory.IsHeardOf(entry) || !entry.Domains.TryGetValue(run.Domain, out var domain) || domain.Incarnation is null)
            {
                continue;
            }

            if (domain.Incarnation != run)
            {
                // No process, so libvirt's number alone: the domain's end, of which libvirt has not heard yet, and no start of another.
                if (domain.Incarnation.StartTicks == 0 && run.StartTicks != 0)
                {
                    continue;
                }

                return entry.Identity.Name == node ? SessionEnding.GuestRestarted : SessionEnding.GuestMoved;
            }

            isOver = false;
        }

        return null;
    }
}
