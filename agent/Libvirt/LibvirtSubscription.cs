namespace Consoles.Agent.Libvirt;

/// <summary>What one connection hears of by itself: its domains' events, and its own end. All of it ends up in <see cref="DomainChanges"/>.</summary>
internal sealed unsafe class LibvirtSubscription(ConnectionHandle connection, DomainChanges changes)
{
    // A stopped daemon is noticed after so many intervals, and one more.
    private const int KeepAliveCount = 3;

    private readonly List<int> _callbacks = [];

    public void Start(TimeSpan keepAlive)
    {
        KeepAlive(connection, keepAlive);
        Register("the connection's end", state => LibvirtNative.RegisterCloseCallback(connection, &LibvirtCallbacks.OnClose, state, &LibvirtCallbacks.FreeState));

        foreach (var (eventId, callback, name) in LibvirtCallbacks.Events)
        {
            _callbacks.Add(Register($"{name} events", state => LibvirtNative.DomainEventRegister(connection, domain: 0, eventId, callback, state, &LibvirtCallbacks.FreeState)));
        }
    }

    /// <summary>Each of these is a call to the daemon. Their results do not matter: a connection that is broken frees its callbacks as it closes.</summary>
    public void Stop()
    {
        foreach (var id in _callbacks)
        {
            _ = LibvirtNative.DomainEventDeregister(connection, id);
        }

        _ = LibvirtNative.UnregisterCloseCallback(connection, &LibvirtCallbacks.OnClose);
    }

    /// <summary>Has the connection end when the daemon does not answer any more.</summary>
    public static void KeepAlive(ConnectionHandle connection, TimeSpan interval)
    {
        // A driver inside this process (test:///) has no daemon that could fall silent.
        if (LibvirtNative.SetKeepAlive(connection, (int)interval.TotalSeconds, KeepAliveCount) < 0 && LibvirtError.Last("set the keepalive") is { Code: not LibvirtException.NotSupported } fault)
        {
            throw fault;
        }
    }

    private int Register(string what, Func<nint, int> register) => LibvirtCallbacks.Register(changes, $"subscribe to {what}", register);
}
