using Consoles.Agent.Identity;
using Consoles.Agent.Inventory;
using Consoles.Agent.Libvirt;
using Consoles.Agent.Relays;
using Consoles.Common.Link;
using Microsoft.Extensions.Logging;

namespace Consoles.Agent.Reporting;

/// <summary>Answers the broker's questions for console passwords, a few at a time and beside the reports. The password is in the answer and nowhere else.</summary>
internal sealed class PasswordAnswers(IConsolePasswordReader passwords, TimeProvider clock, ILogger<PasswordAnswers> logger) : ILinkRequestHandler, IDisposable
{
    private const int MaxReads = 8;

    // A person waits for each of them for 10 s at most; more than this could not be served in that time.
    private const int MaxWaiting = 256;

    private static readonly TimeSpan ReadTimeout = TimeSpan.FromSeconds(8);

    private readonly SemaphoreSlim _reads = new(MaxReads, MaxReads);
    private int _waiting;

    public bool Handles(LinkRequest request) => request is PasswordWanted;

    public async Task<LinkAnswer?> HandleAsync(LinkRequest request, AgentIdentity identity, CancellationToken cancellationToken) =>
        await AnswerAsync((PasswordWanted)request, cancellationToken);

    /// <returns>The answer. Never throws but for <paramref name="cancellationToken"/>: whatever goes wrong is the reason in it.</returns>
    public async Task<PasswordFound> AnswerAsync(PasswordWanted wanted, CancellationToken cancellationToken)
    {
        if (Interlocked.Increment(ref _waiting) > MaxWaiting)
        {
            Interlocked.Decrement(ref _waiting);
            return Refusal(wanted, "The agent is asked for too many passwords at once.");
        }

        using var patience = new CancellationTokenSource(ReadTimeout, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);

        try
        {
            await _reads.WaitAsync(either.Token);

            try
            {
                var password = await passwords.ReadAsync(wanted.Incarnation, wanted.Console, either.Token).WaitAsync(either.Token);

                return password is null
                    ? Refusal(wanted, "That run of the domain is over, or its console has no password.")
                    : new PasswordFound(wanted.Request, password, Reason: null);
            }
            finally
            {
                _reads.Release();
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return Refusal(wanted, $"libvirt did not give the password within {ReadTimeout.TotalSeconds:0} s.");
        }
        catch (LibvirtException e)
        {
            logger.PasswordNotRead(wanted.Incarnation.Domain.ToString(), wanted.Console, e.Message);
            return Refusal(wanted, e.Message);
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }
    }

    public void Dispose() => _reads.Dispose();

    private static PasswordFound Refusal(PasswordWanted wanted, string reason) => new(wanted.Request, Password: null, reason);
}
