using System.CommandLine;

namespace Consoles.Broker;

/// <summary>The switches that every command understands, since every command works on the same configuration.</summary>
internal sealed class SettingsSwitches
{
    private readonly Option<string?> _config = new("--config") { Description = "A JSON file of settings, instead of appsettings.json here or else /etc/consoles/broker.json", HelpName = "FILE", Recursive = true };
    private readonly Option<string?> _state = new("--state") { Description = "The state directory [/var/lib/consoles]", HelpName = "DIR", Recursive = true };

    private readonly Option<string[]> _set = new("--set")
    {
        Description = "Any setting, e.g. Listeners:People:Scheme=https; may be repeated",
        HelpName = "NAME=VALUE",
        Recursive = true,
    };

    public SettingsSwitches(RootCommand root)
    {
        _set.Validators.Add(result =>
        {
            foreach (var token in result.Tokens.Where(token => !token.Value.Contains('=', StringComparison.Ordinal)))
            {
                result.AddError($"--set wants NAME=VALUE, not '{token.Value}'.");
            }
        });

        root.Options.Add(_config);
        root.Options.Add(_state);
        root.Options.Add(_set);
    }

    /// <summary>What was said, as configuration switches.</summary>
    public IEnumerable<string> Read(ParseResult line) =>
    [
        .. Switch("Config", line.GetValue(_config)),
        .. Switch("Store:Directory", line.GetValue(_state)),
        .. (line.GetValue(_set) ?? []).Select(setting => $"--{setting}"),
    ];

    public static IEnumerable<string> Switch(string name, object? value) => value is null ? [] : [$"--{name}={value}"];
}
