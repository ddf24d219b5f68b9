using Consoles.Common.Serial;
using Consoles.Tests.Fakes;

namespace Consoles.Tests.Common.Serial;

/// <summary>A serial line that is attached to a guest which says and hears what the test wants.</summary>
public abstract class AttachedLine : IAsyncLifetime
{
    private protected AttachedLine(TimeProvider clock)
    {
        Line = new SerialLine(Guest.AttachAsync, 64 * 1024, clock);
        Wanted = Line.Want();
    }

    private protected ScriptedGuest Guest { get; } = new();

    private protected SerialLine Line { get; }

    /// <summary>What keeps it attached while nobody looks.</summary>
    private protected IDisposable Wanted { get; }

    public Task InitializeAsync() => Eventually.TrueAsync(() => Line.State.Attached);

    public async Task DisposeAsync()
    {
        Wanted.Dispose();
        await Line.DisposeAsync();
    }
}
