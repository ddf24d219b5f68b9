namespace Consoles.Common.Relaying;

/// <summary>Which side ended a relay first.</summary>
public enum RelayEnd
{
    /// <summary>The viewer's side ended, or failed.</summary>
    Viewer,

    /// <summary>The guest's side ended, or failed.</summary>
    Guest,

    /// <summary>The relay was told to stop.</summary>
    Stopped,
}

/// <summary>How a relay ended. Ending is what every relay does, so it is a result and not an exception.</summary>
/// <param name="Error">What broke the side that ended first, or null when it ended in good order.</param>
public readonly record struct RelayResult(RelayEnd End, long BytesToGuest, long BytesToViewer, Exception? Error);
