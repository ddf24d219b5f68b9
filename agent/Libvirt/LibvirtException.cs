namespace Consoles.Agent.Libvirt;

/// <summary>libvirt refused or failed. The message says what was attempted, and libvirt's own message.</summary>
/// <param name="code">virErrorNumber.</param>
internal sealed class LibvirtException(string message, int code = 0, Exception? inner = null) : Exception(message, inner)
{
    public int Code { get; } = code;
}
