using System.Collections.Concurrent;
using Consoles.Agent.Identity;
using Consoles.Agent.Libvirt;
using Consoles.Common.Link;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Consoles.Agent.Relays;

/// <summary>Opens what the broker wants, dials back, and carries it until either side ends or the agent stops.</summary>
/// <remarks>A stream does not end with the link that asked for it: the broker ends its own streams, and a link may be renewed meanwhile.</remarks>
internal sealed class StreamAnswers(IEnumerable<IStreamOpener> openers, IOptions<RelayOptions> options, TimeProvider clock, ILogger<StreamAnswers> logger)
    : ILinkRequestHandler, IHostedService, IDisposable
{
    // The broker waits ten seconds for everything.
    private static readonly TimeSpan OpenLimit = TimeSpan.FromSeconds(8);

    // Each is a few calls of libvirt, of which as many can be under way at a time, and a TLS handshake.
    private const int MaxOpening = 16;

    private readonly SemaphoreSlim _opening = new(MaxOpening, MaxOpening);
    private readonly CancellationTokenSource _stopping = new();
    private readonly ConcurrentDictionary<Task, byte> _serving = new();
    private int _open;

    /// <summary>How many streams there are, counting those that are being opened.</summary>
    public int Open => Volatile.Read(ref _open);

    public bool Handles(LinkRequest request) => request is StreamWanted;

    public async Task<LinkAnswer?> HandleAsync(LinkRequest request, AgentIdentity identity, CancellationToken cancellationToken)
    {
        var wanted = (StreamWanted)request;

        if (Interlocked.Increment(ref _open) > options.Value.MaxStreams)
        {
            Interlocked.Decrement(ref _open);
            return Refusal(wanted, StreamFault.TooMany, $"The agent carries {options.Value.MaxStreams} streams already, which is its limit (Relays:MaxStreams).");
        }

        var carried = false;

        try
        {
            var (opened, refusal) = await OpenAsync(wanted, identity, cancellationToken);

            if (opened is null)
            {
                return refusal;
            }

            // Not awaited here: the link goes on while the stream lasts.
            var serving = ServeAsync(opened.Value.Console, opened.Value.Broker, wanted);
            carried = true;
            _serving.TryAdd(serving, 0);
            _ = serving.ContinueWith(done => _serving.TryRemove(done, out _), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            return null;
        }
        finally
        {
            // Also when the link broke meanwhile: a place that is never given back would in the end be the last one.
            if (!carried)
            {
                Interlocked.Decrement(ref _open);
            }
        }
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _stopping.CancelAsync();

        try
        {
            await Task.WhenAll(_serving.Keys).WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            logger.StreamsLeft(_serving.Count);
        }
    }

    public void Dispose()
    {
        _stopping.Dispose();
        _opening.Dispose();
    }

    private async Task<((OpenedStream Console, Stream Broker)?, LinkAnswer?)> OpenAsync(StreamWanted wanted, AgentIdentity identity, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(OpenLimit, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken, _stopping.Token);
        OpenedStream? console = null;
        var entered = false;

        try
        {
            await _opening.WaitAsync(either.Token);
            entered = true;

            var opener = openers.FirstOrDefault(opener => opener.Opens(wanted.Source))
                ?? throw new StreamOpenException(StreamFault.NoSuchConsole, "This agent carries nothing of the kind.");

            console = await opener.OpenAsync(wanted.Incarnation, wanted.Source, either.Token);
            var broker = await StreamDial.ConnectAsync(identity, wanted.Secret, either.Token);
            var result = (console, broker);
            console = null;
            return (result, null);
        }
        catch (StreamOpenException e)
        {
            logger.StreamNotOpened(wanted.Incarnation.Domain, wanted.Source, e.Message);
            return (null, Refusal(wanted, e.Fault, e.Message));
        }
        catch (Exception e) when (e is LibvirtException or IOException)
        {
            logger.StreamNotOpened(wanted.Incarnation.Domain, wanted.Source, e.Message);
            return (null, Refusal(wanted, StreamFault.Failed, e.Message));
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            var reason = _stopping.IsCancellationRequested ? "The agent is stopping." : $"The node did not open it within {OpenLimit.TotalSeconds:0} s.";
            return (null, Refusal(wanted, StreamFault.Failed, reason));
        }
        finally
        {
            if (console is not null)
            {
                await console.DisposeAsync();
            }

            if (entered)
            {
                _opening.Release();
            }
        }
    }

    private async Task ServeAsync(OpenedStream console, Stream broker, StreamWanted wanted)
    {
        logger.StreamOpened(wanted.Incarnation.Domain, wanted.Source);

        try
        {
            await using (console)
            await using (broker)
            {
                await console.ServeAsync(broker, _stopping.Token);
            }
        }
        catch (Exception e)
        {
            logger.StreamFailed(e, wanted.Incarnation.Domain, wanted.Source);
        }
        finally
        {
            Interlocked.Decrement(ref _open);
        }

        logger.StreamEnded(wanted.Incarnation.Domain, wanted.Source);
    }

    private static StreamRefused Refusal(StreamWanted wanted, StreamFault fault, string reason) => new(wanted.Request, fault, reason);
}
