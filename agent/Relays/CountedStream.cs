using Consoles.Agent.Inventory;
using Consoles.Common.Inventory;
using Consoles.Common.Relaying;

namespace Consoles.Agent.Relays;

/// <summary>A socket that libvirt handed over, counted for as long as it is surely open.</summary>
internal sealed class CountedStream : WrappedStream
{
    private readonly OpenedGraphics _opened;
    private readonly Incarnation _run;
    private int _closed;

    public CountedStream(Stream inner, OpenedGraphics opened, Incarnation run)
        : base(inner)
    {
        (_opened, _run) = (opened, run);
        opened.Opened(run);
    }

    public override ValueTask DisposeAsync()
    {
        Uncount();
        return base.DisposeAsync();
    }

    protected override void Dispose(bool disposing)
    {
        Uncount();
        base.Dispose(disposing);
    }

    private void Uncount()
    {
        if (Interlocked.Exchange(ref _closed, 1) == 0)
        {
            _opened.Closed(_run);
        }
    }
}
