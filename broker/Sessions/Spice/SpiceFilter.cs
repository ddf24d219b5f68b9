using Consoles.Common.Relaying;

namespace Consoles.Broker.Sessions.Spice;

/// <summary>A channel's stream from which only those messages are read that may go on. Reading throws <see cref="SpiceException"/> at a message that is too long.</summary>
/// <param name="onInput">Told when keys or pointer were used, allowed or not.</param>
internal sealed class SpiceFilter(Stream inner, SpiceMessages messages, Action? onInput = null) : FilteringStream(inner, messages)
{
    protected override void OnInput() => onInput?.Invoke();
}
