namespace Consoles.Broker.Hosting;

/// <summary>The configuration is at fault. Holds every fault of every slice, each with the option's name and the value found.</summary>
internal sealed class SettingsException(IReadOnlyList<string> faults)
    : Exception(string.Join(Environment.NewLine, faults))
{
    /// <summary>sysexits.h, EX_CONFIG.</summary>
    public const int ExitCode = 78;

    public IReadOnlyList<string> Faults { get; } = faults;
}
