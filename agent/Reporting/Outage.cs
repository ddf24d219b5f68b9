using Microsoft.Extensions.Logging;

namespace Consoles.Agent.Reporting;

/// <summary>Says that the broker is away when it begins, once a minute while it lasts, and when it is over.</summary>
internal sealed class Outage(TimeProvider clock, ILogger<ReportingLoop> logger)
{
    private static readonly TimeSpan SayEvery = TimeSpan.FromMinutes(1);

    private DateTimeOffset? _saidAt;

    /// <summary>Attempts that failed since the last report that was accepted.</summary>
    public int Failures { get; private set; }

    public void Failed(string reason, bool personMustAct)
    {
        Failures++;
        var now = clock.GetUtcNow();

        if (_saidAt is { } said && now - said < SayEvery)
        {
            return;
        }

        _saidAt = now;

        if (personMustAct)
        {
            logger.LinkRefused(reason, Failures);
        }
        else
        {
            logger.BrokerAway(reason, Failures);
        }
    }

    public void Over(string broker)
    {
        logger.Linked(broker, Failures);
        Failures = 0;
        _saidAt = null;
    }
}
