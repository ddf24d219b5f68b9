using System.Runtime.InteropServices;
using Consoles.Common.Inventory;

namespace Consoles.Agent.Libvirt;

/// <summary>One connection to a libvirt daemon, from its opening to its end; it does not reconnect. Only this slice calls <see cref="LibvirtNative"/>.</summary>
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

    // A daemon that does not answer must not hold up the agent's end; closing goes on without it.
    private static readonly TimeSpan CloseLimit = TimeSpan.FromSeconds(2);

    private readonly ConnectionHandle _connection;
    private readonly LibvirtSubscription _subscription;
    private readonly LibvirtThreads _threads;
    private readonly TimeProvider _clock;

    private LibvirtConnection(ConnectionHandle connection, LibvirtOptions options, TimeProvider clock)
    {
        (_connection, _clock) = (connection, clock);
        _threads = new LibvirtThreads(options.CallTimeout, clock);
        _subscription = new LibvirtSubscription(connection, Changes);
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
        RunAsync($"read domain {id}", () => Read(id), cancellationToken);

    /// <summary>libvirt's number of the domain's present run, or null while it does not run or is no more.</summary>
    public Task<int?> LiveIdAsync(DomainId id, CancellationToken cancellationToken) =>
        RunAsync($"find domain {id}", () => LiveId(id), cancellationToken);

    /// <summary>The live XML with passwords in it: for the reader of a console password, and nobody else.</summary>
    public Task<string> ReadSecureXmlAsync(DomainId id, CancellationToken cancellationToken) =>
        RunAsync($"read the secure XML of domain {id}", () => SecureXmlOf(id), cancellationToken);

    public async ValueTask DisposeAsync()
    {
        // Deregistering and closing are calls to the daemon, which may be the reason why we close.
        var closing = LibvirtThreads.RunAloneAsync("libvirt-close", Close);

        try
        {
            await closing.WaitAsync(CloseLimit, _clock);
        }
        catch (TimeoutException)
        {
            _ = closing.ContinueWith(late => late.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
        }
    }

    private static LibvirtConnection Open(LibvirtOptions options, bool readOnly, TimeProvider clock)
    {
        var handle = readOnly ? LibvirtNative.OpenReadOnly(options.Uri) : LibvirtNative.Open(options.Uri);

        if (handle.IsInvalid)
        {
            throw LibvirtError.Last($"open {options.Uri}");
        }

        var connection = new LibvirtConnection(handle, options, clock);

        try
        {
            connection._subscription.Start();
            return connection;
        }
        catch
        {
            connection.Close();
            throw;
        }
    }

    private bool Close()
    {
        _threads.Dispose();
        Changes.Close("the connection to libvirt was closed by this agent");
        _subscription.Stop();
        _connection.Dispose();
        return true;
    }

    private unsafe IReadOnlyList<DomainId> List()
    {
        var count = LibvirtNative.ListAllDomains(_connection, out var list, flags: 0);

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

    private LiveDomain? Read(DomainId id)
    {
        using var domain = Find(id);

        if (domain is null)
        {
            return null;
        }

        if (LibvirtNative.GetState(domain, out var state, out _, flags: 0) < 0)
        {
            return LibvirtError.Last($"read the state of domain {id}") is { IsNoDomain: false } error ? throw error : null;
        }

        var name = Marshal.PtrToStringUTF8(LibvirtNative.GetName(domain)) ?? throw LibvirtError.Last($"read the name of domain {id}");
        var liveId = LiveIdOf(domain);
        var xml = liveId is null ? null : LibvirtNative.GetXml(domain, LiveXml);

        if (liveId is not null && xml is null)
        {
            return LibvirtError.Last($"read the XML of domain {id}") is { IsNoDomain: false } error ? throw error : null;
        }

        return new LiveDomain(id, name, liveId, LibvirtError.StateName(state), xml);
    }

    private int? LiveId(DomainId id)
    {
        using var domain = Find(id);
        return domain is null ? null : LiveIdOf(domain);
    }

    private string SecureXmlOf(DomainId id)
    {
        using var domain = Find(id) ?? throw new LibvirtException($"read the secure XML of domain {id}: there is no such domain", LibvirtException.NoDomain);
        return LibvirtNative.GetXml(domain, SecureXml) ?? throw LibvirtError.Last($"read the secure XML of domain {id}");
    }

    private DomainHandle? Find(DomainId id)
    {
        var domain = LibvirtNative.FindDomain(_connection, id.Uuid.ToByteArray(bigEndian: true));

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

    private async Task<T> RunAsync<T>(string attempt, Func<T> call, CancellationToken cancellationToken)
    {
        try
        {
            return await _threads.RunAsync(attempt, call, cancellationToken);
        }
        catch (LibvirtException) when (_threads.AllOverdue)
        {
            Changes.Close("libvirt answers none of the calls made to it");
            throw;
        }
    }
}
