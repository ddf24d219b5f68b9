using Consoles.Broker.Sessions;
using Consoles.Common.Rfb;

namespace Consoles.Broker.Viewers.Vnc;

/// <summary>A VNC viewer that waits to hear how its security handshake went. Until it has heard, it can be told in words why there is no session.</summary>
/// <param name="inner">Its connection from now on.</param>
/// <param name="secured">The same, for the words.</param>
internal sealed class VncChannel(RawChannel inner, Stream secured, Reception reception) : WrappedChannel(inner)
{
    private int _told;

    public override bool AwaitsAdmission => true;

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        Interlocked.Exchange(ref _told, 1);
        return Inner.WriteAsync(buffer, cancellationToken);
    }

    public override async Task CloseAsync(SessionEnding ending)
    {
        if (Interlocked.Exchange(ref _told, 1) == 0)
        {
            await reception.SayLastAsync(limit => RfbPlainServer.RefuseAsync(secured, ending.Reason, limit));
        }

        await Inner.CloseAsync(ending);
    }
}
