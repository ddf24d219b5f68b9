using Consoles.Agent.Libvirt;

namespace Consoles.Agent.Inventory;

/// <summary>The agent's present connection to libvirt, for those who need it now and then.</summary>
internal sealed class LibvirtAccess
{
    private volatile LibvirtConnection? _connection;

    /// <exception cref="LibvirtException">There is none at the moment.</exception>
    public LibvirtConnection Connection => _connection ?? throw new LibvirtException("use libvirt: it is not connected at the moment");

    public void Became(LibvirtConnection? connection) => _connection = connection;
}
