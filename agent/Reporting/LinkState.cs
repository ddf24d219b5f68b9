namespace Consoles.Agent.Reporting;

/// <summary>How the agent stands with its broker, in words.</summary>
internal sealed class LinkState
{
    private volatile string _words = "Not linked to a broker yet";

    public string Words
    {
        get => _words;
        set => _words = value;
    }
}
