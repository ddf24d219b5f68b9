using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Consoles.Broker.Access;

namespace Consoles.Broker;

/// <summary>Commands about API keys. They work on the store, whether a broker runs or not.</summary>
internal static class KeyCommands
{
    public static Command Make(SettingsSwitches settings) => new("key", "Create, list and revoke API keys.")
    {
        Create(settings),
        List(settings),
        Revoke(settings),
    };

    private static Command Create(SettingsSwitches settings)
    {
        var role = new Option<string>("--role") { Description = "What the key may do", Required = true };
        var name = new Option<string?>("--name") { Description = "Whose key it is, or what for [the role]" };
        var json = Json();
        var lifetime = new Option<TimeSpan?>("--lifetime")
        {
            Description = "How long it is good, e.g. 15m, 8h, 30d [until revoked]",
            HelpName = "TIME",
            CustomParser = result =>
            {
                if (TryParseTime(result.Tokens[0].Value, out var time))
                {
                    return time;
                }

                result.AddError($"'{result.Tokens[0].Value}' is no time such as 90s, 15m, 8h or 30d.");
                return null;
            },
        };

        role.AcceptOnlyFromAmong([.. Enum.GetNames<ApiRole>().Select(word => word.ToLowerInvariant())]);

        var command = new Command("create", "Print a new API key. Only its digest is stored, so it is shown this once.") { role, name, lifetime, json };

        command.SetAction(line =>
        {
            using var broker = BrokerHost.BuildForCommand(settings.Read(line));
            var word = line.GetRequiredValue(role);

            var (secret, key) = broker.Services.GetRequiredService<ApiKeys>()
                .Create(Enum.Parse<ApiRole>(word, ignoreCase: true), line.GetValue(name) ?? word, line.GetValue(lifetime));

            line.InvocationConfiguration.Output.WriteLine(line.GetValue(json)
                ? JsonSerializer.Serialize(new { key.Id, key = secret.Reveal(), key.Name, key.Role, key.ExpiresAt }, JsonSerializerOptions.Web)
                : secret.Reveal());
        });

        return command;
    }

    private static Command List(SettingsSwitches settings)
    {
        var json = Json();
        var command = new Command("list", "List the API keys, without their secrets.") { json };

        command.SetAction(line =>
        {
            using var broker = BrokerHost.BuildForCommand(settings.Read(line));
            var keys = broker.Services.GetRequiredService<ApiKeys>().List();
            var output = line.InvocationConfiguration.Output;

            if (line.GetValue(json))
            {
                output.WriteLine(JsonSerializer.Serialize(keys, JsonSerializerOptions.Web));
            }
            else
            {
                CommandTable.Write(output, ["ID", "ROLE", "NAME", "CREATED", "EXPIRES", "REVOKED"], keys.Select(key => new[]
                {
                    key.Id, key.Role.ToString().ToLowerInvariant(), key.Name, $"{key.CreatedAt:u}", $"{key.ExpiresAt:u}", $"{key.RevokedAt:u}",
                }));
            }
        });

        return command;
    }

    private static Command Revoke(SettingsSwitches settings)
    {
        var id = new Argument<string>("ID") { Description = "The key's id, as listed" };
        var command = new Command("revoke", "Refuse a key from now on.") { id };

        command.SetAction(line =>
        {
            using var broker = BrokerHost.BuildForCommand(settings.Read(line));

            if (!broker.Services.GetRequiredService<ApiKeys>().Revoke(line.GetRequiredValue(id)))
            {
                throw new CommandException($"There is no key {line.GetRequiredValue(id)} that could be revoked.");
            }

            line.InvocationConfiguration.Output.WriteLine($"Revoked {line.GetRequiredValue(id)}.");
        });

        return command;
    }

    internal static bool TryParseTime(string text, out TimeSpan time)
    {
        time = default;

        if (text.Length < 2 || !int.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var count) || count is 0 or > 1_000_000)
        {
            return false;
        }

        time = text[^1] switch
        {
            's' => TimeSpan.FromSeconds(count),
            'm' => TimeSpan.FromMinutes(count),
            'h' => TimeSpan.FromHours(count),
            'd' => TimeSpan.FromDays(count),
            _ => default,
        };

        return time > TimeSpan.Zero;
    }

    private static Option<bool> Json() => new("--json") { Description = "Print JSON" };
}
