using System.CommandLine;

namespace Consoles.Agent.Identity;

/// <summary>The options of every command that works with the agent's own services, and the settings that they stand for.</summary>
internal sealed class AgentSwitches
{
    private readonly Option<string?> _state = new("--state") { Description = $"Where the agent keeps its identity ({IdentityOptions.DefaultStateDirectory}).", HelpName = "DIR" };
    private readonly Option<string?> _connect;
    private readonly Option<string[]>? _settings;

    /// <param name="libvirt">What is done with the libvirt that --connect names.</param>
    /// <param name="example">One of the settings that --set may give; null: the command takes none.</param>
    public AgentSwitches(Command command, string libvirt, string? example = null)
    {
        _connect = new Option<string?>("--connect") { Description = $"{libvirt} (qemu:///system).", HelpName = "URI" };
        command.Options.Add(_state);
        command.Options.Add(_connect);

        if (example is not null)
        {
            _settings = new Option<string[]>("--set") { Description = $"Another setting of the agent, such as {example}.", HelpName = "NAME=VALUE" };
            command.Options.Add(_settings);
        }
    }

    /// <summary>One setting as the host's configuration reads it, or none where there is no value.</summary>
    public static IEnumerable<string> Setting(string name, string? value) => value is null ? [] : [$"--{name}={value}"];

    public string[] Read(ParseResult parsed) =>
    [
        .. Setting("Identity:StateDirectory", parsed.GetValue(_state)),
        .. Setting("Libvirt:Uri", parsed.GetValue(_connect)),
        .. (_settings is null ? [] : parsed.GetValue(_settings) ?? []).Select(setting => $"--{setting}"),
    ];
}
