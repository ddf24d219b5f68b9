using Consoles.Agent.Libvirt;
using Consoles.Common.Serial;

namespace Consoles.Agent.Relays;

/// <summary>A serial console that is a pseudo-terminal, by libvirt.</summary>
internal sealed class PtyAttachment(LibvirtConsole console, Func<CancellationToken, Task> sendBreak) : SerialAttachment
{
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        try
        {
            return await console.ReadAsync(buffer, cancellationToken);
        }
        catch (LibvirtException fault)
        {
            throw new IOException(fault.Message, fault);
        }
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        try
        {
            await console.WriteAsync(bytes, cancellationToken);
        }
        catch (LibvirtException fault)
        {
            throw new IOException(fault.Message, fault);
        }
    }

    public override Task SendBreakAsync(CancellationToken cancellationToken) => sendBreak(cancellationToken);

    public override ValueTask DisposeAsync() => console.DisposeAsync();
}
