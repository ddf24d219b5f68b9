namespace Consoles.Agent.Libvirt;

/// <summary>libvirt refused or failed. The message says what was attempted, and libvirt's own message.</summary>
/// <param name="code">virErrorNumber, or 0 where libvirt gave none.</param>
internal sealed class LibvirtException(string message, int code = 0, Exception? inner = null) : Exception(message, inner)
{
    // virErrorNumber of libvirt/virterror.h.
    internal const int InternalError = 1;
    internal const int NotSupported = 3;
    internal const int OperationFailed = 9;
    internal const int NoDomain = 42;

    public int Code { get; } = code;

    /// <summary>The domain is no more, which is news and not a fault.</summary>
    public bool IsNoDomain => Code == NoDomain;
}
