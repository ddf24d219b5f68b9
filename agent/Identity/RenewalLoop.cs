using Consoles.Common.Link;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Consoles.Agent.Identity;

/// <summary>Renews the agent's certificate when half of its life is over, with a new key each time.</summary>
internal sealed class RenewalLoop(
    CurrentIdentity current, IdentityFiles files, AgentExit exit, TimeProvider clock, ILogger<RenewalLoop> logger) : BackgroundService
{
    // Looking at the clock often, instead of sleeping until the day, is what survives a suspended machine and a clock that is set.
    private static readonly TimeSpan LookEvery = TimeSpan.FromMinutes(1);

    private double _jitter = Jitter();
    private int _failures;
    private DateTimeOffset _notBefore = DateTimeOffset.MinValue;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(LookEvery, clock);

        do
        {
            await LookAsync(stoppingToken);
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private async Task LookAsync(CancellationToken cancellationToken)
    {
        var (identity, _) = current.Get();
        var now = clock.GetUtcNow();

        if (RenewalSchedule.UrgencyAt(now, identity.NotBefore, identity.NotAfter) == RenewalUrgency.Expired)
        {
            logger.CertificateExpired(identity.Node, identity.NotAfter);
            exit.Stop(ExitCode.NotEnrolled);
            return;
        }

        if (now < RenewalSchedule.DueAt(identity.NotBefore, identity.NotAfter, _jitter) || now < _notBefore)
        {
            return;
        }

        try
        {
            await RenewAsync(identity, cancellationToken);
        }
        catch (Exception e) when (e is IdentityException or IOException or UnauthorizedAccessException)
        {
            var retry = RenewalSchedule.RetryAfter(++_failures, Random.Shared.NextDouble());
            _notBefore = clock.GetUtcNow() + retry;
            LogFailure(identity, e.Message, retry);
        }
    }

    private async Task RenewAsync(AgentIdentity identity, CancellationToken cancellationToken)
    {
        using var order = new CertificateOrder();

        var answer = await BrokerHttp.PostAsync(
            identity.Broker, LinkPaths.Renew, new EnrolmentRequest(Token: null, order.Request), identity.Trust, identity.Tls, cancellationToken);

        var papers = order.Accept(identity.Broker, answer, clock);

        if (papers.Node != identity.Node)
        {
            throw new IdentityException($"The broker renewed the certificate of {identity.Node} with one for {papers.Node}. It was thrown away.");
        }

        await files.ReplaceAsync(papers, cancellationToken);

        var renewed = files.Read();
        current.Replace(renewed);
        _failures = 0;
        _notBefore = DateTimeOffset.MinValue;
        _jitter = Jitter();
        logger.CertificateRenewed(renewed.Node, renewed.Tls.Certificate.Thumbprint, renewed.NotAfter);
    }

    private void LogFailure(AgentIdentity identity, string reason, TimeSpan retry)
    {
        switch (RenewalSchedule.UrgencyAt(clock.GetUtcNow(), identity.NotBefore, identity.NotAfter))
        {
            case RenewalUrgency.Low:
                logger.RenewalFailed(identity.Node, reason, retry);
                break;
            case RenewalUrgency.Raised:
                logger.RenewalIsLate(identity.Node, identity.NotAfter, reason, retry);
                break;
            default:
                logger.RenewalIsVeryLate(identity.Node, identity.NotAfter, reason, retry);
                break;
        }
    }

    private static double Jitter() => Random.Shared.NextDouble() * 2 - 1;
}
