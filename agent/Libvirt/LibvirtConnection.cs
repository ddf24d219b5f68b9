using System.Net.Sockets;
using System.Runtime.InteropServices;
using Consoles.Common.Inventory;

namespace Consoles.Agent.Libvirt;

/// <summary>A libvirt daemon, from its opening to its end; it does not reconnect. Only this slice calls <see cref="LibvirtNative"/>.</summary>
/// <remarks>
/// The agent's connection is a read-write one, although most of what it does is reading: a console's password stands only in the
/// secure XML, which libvirt denies to read-only connections. A second, read-only connection for the rest would double
/// the events, the keepalive and the ways to fail, and would take nothing from a process that can open the other one anyway.
/// What needs no password (a scan) opens read-only, which any user of the node may do.
/// </remarks>
internal sealed class LibvirtConnection : IAsyncDisposable
{
    // virDomainXMLFlags of libvirt/libvirt-domain.h. VIR_DOMAIN_XML_INACTIVE (2) is never asked for: it says what
    // the next run would like to have, not where this one listens.
    private const uint LiveXml = 0;
    private const uint SecureXml = 1;

    // virDomainOpenGraphicsFlags.
    private const uint SkipAuthentication = 1;

    private readonly ConnectionHandle _connection;
    private readonly LibvirtSubscription _subscription;
    private readonly LibvirtThreads _threads;

    private LibvirtConnection(ConnectionHandle connection, LibvirtOptions options, bool readOnly, TimeProvider clock)
    {
        _connection = connection;
        _subscription = new LibvirtSubscription(connection, Changes);

        // The first lane is the connection itself: where it has ended, so has this object, and whoever calls is told by libvirt.
        var first = new LibvirtLane(connection, _subscription.Stop);
        var others = Enumerable.Range(1, LibvirtThreads.Count - 1).Select(_ => new LibvirtLane(() => OpenLane(options, readOnly)));
        _threads = new LibvirtThreads([first, .. others], options.CallTimeout, clock);
    }

    /// <summary>What events ask to be read again; it also tells the connection's end.</summary>
    public DomainChanges Changes { get; } = new();

    /// <summary>False once whatever fails fails because the connection is over. A call may learn of that before the close callback does.</summary>
    public bool IsOpen => !Changes.IsClosed && LibvirtNative.IsAlive(_connection) == 1;

    /// <summary>Opens a connection, with its events already subscribed, so that a list read afterwards misses nothing.</summary>
    /// <param name="unresponsive">Told once, in words, when libvirt takes longer than the limit. virConnectOpen has no limit of its own, so the wait goes on.</param>
    /// <exception cref="LibvirtException">libvirt refused.</exception>
    public static async Task<LibvirtConnection> OpenAsync(
        LibvirtOptions options, bool readOnly, Action<string> unresponsive, TimeProvider clock, CancellationToken cancellationToken)
    {
        LibvirtEventLoop.EnsureStarted();

        var opening = LibvirtThreads.RunAloneAsync("libvirt-open", () => Open(options, readOnly, clock));

        try
        {
            try
            {
                return await opening.WaitAsync(options.CallTimeout, clock, cancellationToken);
            }
            catch (TimeoutException)
            {
                unresponsive($"open {options.Uri}: libvirt has not answered for {options.CallTimeout.TotalSeconds:0.#} s");
                return await opening.WaitAsync(cancellationToken);
            }
        }
        catch (OperationCanceledException)
        {
            // Nobody waits for it any more; what it still brings is closed, and its failure is nobody's news.
            _ = opening.ContinueWith(
                late => late.IsCompletedSuccessfully ? late.Result.DisposeAsync().AsTask() : Task.FromResult(late.Exception),
                CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
            throw;
        }
    }

    /// <summary>All domains that libvirt knows, running or not.</summary>
    public Task<IReadOnlyList<DomainId>> ListAsync(CancellationToken cancellationToken) =>
        RunAsync("list the domains", List, cancellationToken);

    /// <summary>The domain as it is now, or null when there is none of that id.</summary>
    public Task<LiveDomain?> ReadAsync(DomainId id, CancellationToken cancellationToken) =>
        RunAsync($"read domain {id}", lane => Read(lane, id), cancellationToken);

    /// <summary>libvirt's number of the domain's present run, or null while it does not run or is no more.</summary>
    public Task<int?> LiveIdAsync(DomainId id, CancellationToken cancellationToken) =>
        RunAsync($"find domain {id}", lane => LiveId(lane, id), cancellationToken);

    /// <summary>Calls libvirt about one run of a domain.</summary>
    /// <param name="attempt">What the call is for, in words.</param>
    /// <param name="id">The domain.</param>
    /// <param name="liveId">libvirt's number of the run that is meant.</param>
    /// <param name="call">Blocks. It may throw a <see cref="LibvirtException"/>.</param>
    /// <param name="cancellationToken">Ends the wait, and not the call.</param>
    /// <exception cref="LibvirtException">It failed, was not answered in time, or that run is over.</exception>
    public Task<T> WithRunAsync<T>(string attempt, DomainId id, int liveId, Func<ConnectionHandle, DomainHandle, T> call, CancellationToken cancellationToken) =>
        RunAsync(attempt, lane => WithRun(lane, attempt, id, liveId, call), cancellationToken);

    /// <summary>The live XML with passwords in it: for the reader of a console password, and nobody else.</summary>
    public Task<string> ReadSecureXmlAsync(DomainId id, CancellationToken cancellationToken) =>
        RunAsync($"read the secure XML of domain {id}", lane => SecureXmlOf(lane, id), cancellationToken);

    /// <summary>A socket to a graphics console of a running domain, its authentication skipped (virDomainOpenGraphicsFD).</summary>
    /// <param name="index">Of the graphics devices in the domain's XML.</param>
    public Task<Socket> OpenGraphicsAsync(DomainId id, int index, CancellationToken cancellationToken) =>
        RunAsync($"open graphics {index} of domain {id}", lane => OpenGraphics(lane, id, index), cancellationToken);

    /// <summary>Gives QEMU a command of its own protocol, which libvirt notes down as a taint of that run.</summary>
    /// <returns>QEMU's answer, a fault of the command too.</returns>
    public Task<string> CommandQemuAsync(DomainId id, string command, CancellationToken cancellationToken) =>
        RunAsync($"command the QEMU of domain {id}", lane => CommandQemu(lane, id, command), cancellationToken);

    // Deregistering and closing are calls to the daemon, which may be the reason why we close: each lane's thread makes its own.
    public ValueTask DisposeAsync()
    {
        Changes.Close("the connection to libvirt was closed by this agent");
        return new ValueTask(_threads.EndAsync());
    }

    private static LibvirtConnection Open(LibvirtOptions options, bool readOnly, TimeProvider clock)
    {
        var connection = new LibvirtConnection(OpenNative(options, readOnly), options, readOnly, clock);

        try
        {
            connection._subscription.Start(options.KeepAlive);
            return connection;
        }
        catch
        {
            connection._threads.Dispose();
            throw;
        }
    }

    // Nobody listens to it: without the keepalive a call on it would never learn that the daemon hangs.
    private static ConnectionHandle OpenLane(LibvirtOptions options, bool readOnly)
    {
        var connection = OpenNative(options, readOnly);
        LibvirtSubscription.KeepAlive(connection, options.KeepAlive);
        return connection;
    }

    private static ConnectionHandle OpenNative(LibvirtOptions options, bool readOnly)
    {
        var connection = readOnly ? LibvirtNative.OpenReadOnly(options.Uri) : LibvirtNative.Open(options.Uri);
        return connection.IsInvalid ? throw LibvirtError.Last($"open {options.Uri}") : connection;
    }

    private static unsafe IReadOnlyList<DomainId> List(ConnectionHandle connection)
    {
        var count = LibvirtNative.ListAllDomains(connection, out var list, flags: 0);

        if (count < 0)
        {
            throw LibvirtError.Last("list the domains");
        }

        var domains = new DomainId[count];

        for (var i = 0; i < count; i++)
        {
            using var domain = new DomainHandle(list[i]);
            domains[i] = IdOf(domain);
        }

        NativeMemory.Free(list);
        return domains;
    }

    private static LiveDomain? Read(ConnectionHandle connection, DomainId id)
    {
        using var domain = Find(connection, id);

        if (domain is null)
        {
            return null;
        }

        var name = Marshal.PtrToStringUTF8(LibvirtNative.GetName(domain)) ?? throw LibvirtError.Last($"read the name of domain {id}");
        var liveId = LiveIdOf(domain);
        var xml = liveId is null ? null : LibvirtNative.GetXml(domain, LiveXml);

        if (liveId is not null && xml is null)
        {
            return LibvirtError.Last($"read the XML of domain {id}") is { IsNoDomain: false } error ? throw error : null;
        }

        // After the number and the XML: a run that is not being started any more by now has its process.
        if (LibvirtNative.GetState(domain, out var state, out var reason, flags: 0) < 0)
        {
            return LibvirtError.Last($"read the state of domain {id}") is { IsNoDomain: false } error ? throw error : null;
        }

        return new LiveDomain(id, name, liveId, LibvirtError.StateName(state), xml, LibvirtError.IsStarting(state, reason));
    }

    private static int? LiveId(ConnectionHandle connection, DomainId id)
    {
        using var domain = Find(connection, id);
        return domain is null ? null : LiveIdOf(domain);
    }

    private static string SecureXmlOf(ConnectionHandle connection, DomainId id)
    {
        using var domain = Require(connection, $"read the secure XML of domain {id}", id);
        return LibvirtNative.GetXml(domain, SecureXml) ?? throw LibvirtError.Last($"read the secure XML of domain {id}");
    }

    // The handle keeps the number that the domain had when it was found; libvirt refuses what is asked of a run that is over.
    private static T WithRun<T>(ConnectionHandle connection, string attempt, DomainId id, int liveId, Func<ConnectionHandle, DomainHandle, T> call)
    {
        using var domain = Find(connection, id);

        return domain is not null && LiveIdOf(domain) == liveId
            ? call(connection, domain)
            : throw new LibvirtException($"{attempt}: that run of the domain is over", LibvirtException.NoDomain);
    }

    private static Socket OpenGraphics(ConnectionHandle connection, DomainId id, int index)
    {
        using var domain = Require(connection, $"open graphics {index} of domain {id}", id);
        var descriptor = LibvirtNative.OpenGraphics(domain, (uint)index, SkipAuthentication);
        return descriptor >= 0 ? new Socket(new SafeSocketHandle(descriptor, ownsHandle: true)) : throw LibvirtError.Last($"open graphics {index} of domain {id}");
    }

    private static string CommandQemu(ConnectionHandle connection, DomainId id, string command)
    {
        using var domain = Require(connection, $"command the QEMU of domain {id}", id);
        return LibvirtQemuNative.MonitorCommand(domain, command, out var answer, flags: 0) < 0 ? throw LibvirtError.Last($"command the QEMU of domain {id}") : answer ?? "";
    }

    private static DomainHandle Require(ConnectionHandle connection, string attempt, DomainId id) =>
        Find(connection, id) ?? throw new LibvirtException($"{attempt}: there is no such domain", LibvirtException.NoDomain);

    private static DomainHandle? Find(ConnectionHandle connection, DomainId id)
    {
        var domain = LibvirtNative.FindDomain(connection, id.Uuid.ToByteArray(bigEndian: true));

        if (!domain.IsInvalid)
        {
            return domain;
        }

        return LibvirtError.Last($"find domain {id}") is { IsNoDomain: false } error ? throw error : null;
    }

    private static int? LiveIdOf(DomainHandle domain) => LibvirtNative.GetId(domain) is var id and >= 0 ? id : null;

    private static DomainId IdOf(DomainHandle domain)
    {
        Span<byte> uuid = stackalloc byte[16];
        _ = LibvirtNative.GetUuid(domain.DangerousGetHandle(), uuid);
        return new DomainId(new Guid(uuid, bigEndian: true));
    }

    private async Task<T> RunAsync<T>(string attempt, Func<ConnectionHandle, T> call, CancellationToken cancellationToken)
    {
        try
        {
            return await _threads.RunAsync(attempt, lane => CallOn(lane, call), cancellationToken);
        }
        catch (LibvirtException) when (_threads.AllOverdue)
        {
            Changes.Close("libvirt answers none of the calls made to it");
            throw;
        }
    }

    // A lane may learn before the first one does that the daemon is gone. What fails because of that is no fault of the domain that was asked for.
    private T CallOn<T>(LibvirtLane lane, Func<ConnectionHandle, T> call)
    {
        try
        {
            return call(lane.Connection);
        }
        catch (LibvirtException fault) when (!lane.IsAlive)
        {
            Changes.Close(fault.Message);
            throw;
        }
    }
}
