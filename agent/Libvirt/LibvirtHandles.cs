using Microsoft.Win32.SafeHandles;

namespace Consoles.Agent.Libvirt;

/// <summary>A virConnectPtr. It is closed after the last call that uses it has returned.</summary>
internal sealed class ConnectionHandle() : SafeHandleZeroOrMinusOneIsInvalid(ownsHandle: true)
{
    protected override bool ReleaseHandle() => LibvirtNative.Close(handle) >= 0;
}

/// <summary>A virDomainPtr.</summary>
internal sealed class DomainHandle : SafeHandleZeroOrMinusOneIsInvalid
{
    public DomainHandle()
        : base(ownsHandle: true)
    {
    }

    internal DomainHandle(nint owned)
        : base(ownsHandle: true) => SetHandle(owned);

    protected override bool ReleaseHandle() => LibvirtNative.FreeDomain(handle) == 0;
}

/// <summary>A virStreamPtr. It keeps its connection open.</summary>
internal sealed class StreamHandle() : SafeHandleZeroOrMinusOneIsInvalid(ownsHandle: true)
{
    protected override bool ReleaseHandle() => LibvirtStreamNative.Free(handle) == 0;
}
