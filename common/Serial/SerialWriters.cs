namespace Consoles.Common.Serial;

/// <summary>Who may type on a serial line: one at a time, the first who does where nobody does, and whoever takes over. Its owner locks.</summary>
internal sealed class SerialWriters
{
    public SerialView? Writer { get; private set; }

    /// <summary>Counts the changes, so that each viewer can be told of the latest.</summary>
    public int Version { get; private set; }

    /// <summary>Counts how often a writer has lost its place to another: what it typed before, and is still to be sent, is not any more.</summary>
    public int TakeOvers { get; private set; }

    /// <returns>Null when that viewer writes now, or why what it types is refused.</returns>
    public string? Claim(SerialView view)
    {
        if (!view.Who.MayWrite)
        {
            return "You may look at this console and not type on it.";
        }

        if (Writer is not null && Writer != view)
        {
            return $"Nothing was sent: {Writer.Who.Name} is typing on this console. Take over to type yourself.";
        }

        Become(view);
        return null;
    }

    /// <returns>Null when that viewer writes now, or why it may not.</returns>
    public string? Take(SerialView view)
    {
        if (!view.Who.MayWrite)
        {
            return "You may look at this console and not type on it.";
        }

        if (Writer is { } loser && loser != view)
        {
            TakeOvers++;
            loser.Notify($"{view.Who.Name} has taken over the typing on this console.");
        }

        Become(view);
        return null;
    }

    public void Release(SerialView view)
    {
        if (Writer == view)
        {
            Become(null);
        }
    }

    private void Become(SerialView? writer)
    {
        if (Writer != writer)
        {
            Writer = writer;
            Version++;
        }
    }
}
