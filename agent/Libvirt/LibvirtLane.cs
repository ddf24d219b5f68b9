namespace Consoles.Agent.Libvirt;

/// <summary>A connection that one thread calls, and no other.</summary>
/// <remarks>
/// libvirt's client allows several threads to wait for answers on one connection, and they then take turns at its socket. When the connection ends meanwhile, as that
/// of a daemon that hangs does, that can end the whole process (seen with libvirt 9.0). Its event thread beside one caller is safe.
/// </remarks>
internal sealed class LibvirtLane
{
    private readonly Func<ConnectionHandle>? _open;
    private readonly Action _close;
    private ConnectionHandle? _connection;

    /// <param name="connection">Once it has ended, calls fail.</param>
    /// <param name="close">Calls that the connection needs before it is let go.</param>
    public LibvirtLane(ConnectionHandle connection, Action close) => (_connection, _close) = (connection, close);

    /// <param name="open">Opens the connection when it is first wanted, and again when it has ended.</param>
    public LibvirtLane(Func<ConnectionHandle> open) => (_open, _close) = (open, () => { });

    /// <exception cref="LibvirtException">It cannot be opened.</exception>
    public ConnectionHandle Connection
    {
        get
        {
            if (_open is not null && !IsAlive)
            {
                _connection?.Dispose();
                _connection = null;
                _connection = _open();
            }

            return _connection!;
        }
    }

    /// <summary>False when there is no connection to call on: it has ended, or it could not be opened.</summary>
    public bool IsAlive => _connection is not null && LibvirtNative.IsAlive(_connection) == 1;

    public void Close()
    {
        _close();
        _connection?.Dispose();
    }
}
