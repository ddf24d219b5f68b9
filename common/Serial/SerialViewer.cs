namespace Consoles.Common.Serial;

/// <summary>Who looks at a serial line.</summary>
/// <param name="Name">For the others who do.</param>
/// <param name="MayWrite">False: what is typed is refused.</param>
internal sealed record SerialViewer(string Name, bool MayWrite);

/// <summary>Whether a serial line has its guest.</summary>
/// <param name="Reason">Why it has not, for the viewers; null while it has.</param>
/// <param name="Held">It has not, because somebody outside of Consoles holds the console.</param>
/// <param name="Holder">Who that is, for a log and not for viewers; null where it is not known.</param>
internal sealed record SerialState(bool Attached, string? Reason, bool Held = false, string? Holder = null);
