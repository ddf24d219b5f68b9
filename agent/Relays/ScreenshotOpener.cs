using System.Collections.Concurrent;
using Consoles.Agent.Inventory;
using Consoles.Agent.Libvirt;
using Consoles.Common.Inventory;
using Consoles.Common.Link;

namespace Consoles.Agent.Relays;

/// <summary>Takes pictures of guests' screens.</summary>
internal sealed class ScreenshotOpener(PresentRun runs, TimeProvider clock) : IStreamOpener, IDisposable
{
    // Longer than the daemon keeps a call waiting for a domain that another one holds.
    private static readonly TimeSpan StuckFor = TimeSpan.FromSeconds(60);

    // One at a time: each may take as much memory as the largest picture, and holds one of libvirt's threads while QEMU makes it.
    private readonly SemaphoreSlim _taking = new(1, 1);

    // Domains whose picture libvirt did not bring, and when that was noticed.
    private readonly ConcurrentDictionary<DomainId, long> _stuck = new();

    public bool Opens(StreamSource source) => source is ScreenshotSource;

    public async Task<OpenedStream> OpenAsync(Incarnation run, StreamSource source, CancellationToken cancellationToken)
    {
        var screen = ((ScreenshotSource)source).Screen;

        if (screen < 0)
        {
            throw new StreamOpenException(StreamFault.NoSuchConsole, $"There is no screen of number {screen}.");
        }

        // libvirt serves a domain one call after the other: another picture of one that hangs would hold a thread for nothing.
        if (_stuck.TryGetValue(run.Domain, out var since) && clock.GetElapsedTime(since) < StuckFor)
        {
            throw new StreamOpenException(StreamFault.Failed, "The guest's QEMU did not answer libvirt a moment ago.");
        }

        await _taking.WaitAsync(cancellationToken);

        // The place is held until libvirt has answered, however long the broker waits for that.
        var taking = TakeAsync(run, screen);
        _ = taking.ContinueWith(late => late.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
        return await taking.WaitAsync(cancellationToken);
    }

    public void Dispose() => _taking.Dispose();

    private async Task<OpenedStream> TakeAsync(Incarnation run, int screen)
    {
        try
        {
            if (await runs.FindAsync(run, CancellationToken.None) is not var (connection, liveId))
            {
                throw StreamOpenException.RunIsOver();
            }

            return new OpenedBytes(await connection.TakeScreenshotAsync(run.Domain, liveId, screen, CancellationToken.None));
        }
        catch (LibvirtException e)
        {
            if (e.Code == 0)
            {
                Remember(run.Domain);
            }

            throw new StreamOpenException(e.IsNoDomain ? StreamFault.NoSuchRun : StreamFault.Failed, e.Message, e);
        }
        finally
        {
            _taking.Release();
        }
    }

    private void Remember(DomainId domain)
    {
        foreach (var (old, _) in _stuck.Where(entry => clock.GetElapsedTime(entry.Value) >= StuckFor))
        {
            _stuck.TryRemove(old, out _);
        }

        _stuck[domain] = clock.GetTimestamp();
    }
}
