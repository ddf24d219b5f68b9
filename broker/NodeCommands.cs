using System.CommandLine;
using System.Net;
using System.Text.Json;
using Consoles.Broker.Authority;
using Consoles.Broker.Nodes;

namespace Consoles.Broker;

/// <summary>Commands about nodes. They work on the store, whether a broker runs or not.</summary>
internal static class NodeCommands
{
    public static Command Make(SettingsSwitches settings) => new("node", "Invite, list and remove nodes.")
    {
        Invite(settings),
        List(settings),
        Remove(settings),
    };

    private static Command Invite(SettingsSwitches settings)
    {
        var name = Name();
        var json = Json();
        var addresses = new Option<string[]>("--address")
        {
            Description = "Where the node's consoles may be dialled; may be repeated [the address its agent comes from]",
            HelpName = "IP",
        };

        addresses.Validators.Add(result =>
        {
            foreach (var token in result.Tokens.Where(token => !IPAddress.TryParse(token.Value, out _)))
            {
                result.AddError($"'{token.Value}' is no IP address.");
            }
        });

        name.Validators.Add(result =>
        {
            if (result.Tokens.Any(token => !DnsName.IsValid(token.Value)))
            {
                result.AddError("A node's name has lower-case letters, digits, dots and hyphens, as in DNS.");
            }
        });

        var command = new Command("invite", "Print a join token: with it, once and within fifteen minutes, the node's agent gets its certificate.") { name, addresses, json };

        command.SetAction(line =>
        {
            using var broker = BrokerHost.BuildForCommand(settings.Read(line));
            var node = line.GetRequiredValue(name);
            var (token, expiresAt) = broker.Services.GetRequiredService<NodeRegistry>().Invite(node, [.. (line.GetValue(addresses) ?? []).Select(IPAddress.Parse)]);

            line.InvocationConfiguration.Output.WriteLine(line.GetValue(json)
                ? JsonSerializer.Serialize(new { node, token = token.Reveal(), expiresAt }, JsonSerializerOptions.Web)
                : $"Join token of {node}, good once and until {expiresAt:u}:\n{token.Reveal()}");
        });

        return command;
    }

    private static Command List(SettingsSwitches settings)
    {
        var json = Json();
        var command = new Command("list", "List the nodes that were ever invited.") { json };

        command.SetAction(line =>
        {
            using var broker = BrokerHost.BuildForCommand(settings.Read(line));
            var nodes = broker.Services.GetRequiredService<NodeRegistry>().List();
            var output = line.InvocationConfiguration.Output;

            if (line.GetValue(json))
            {
                output.WriteLine(JsonSerializer.Serialize(
                    nodes.Select(node => new { node = node.Name, node.State, addresses = node.Addresses.Select(address => address.ToString()), node.EnrolledAt, node.RemovedAt }),
                    JsonSerializerOptions.Web));
            }
            else
            {
                CommandTable.Write(output, ["NODE", "STATE", "ENROLLED", "ADDRESSES"], nodes.Select(node => new[]
                {
                    node.Name, node.State, $"{node.EnrolledAt:u}", string.Join(", ", node.Addresses),
                }));
            }
        });

        return command;
    }

    private static Command Remove(SettingsSwitches settings)
    {
        var name = Name();
        var command = new Command("remove", "Refuse the node's agent from now on, and end the sessions on its consoles.") { name };

        command.SetAction(line =>
        {
            using var broker = BrokerHost.BuildForCommand(settings.Read(line));
            var node = line.GetRequiredValue(name);

            if (!broker.Services.GetRequiredService<NodeRegistry>().Remove(node))
            {
                throw new CommandException($"There is no node {node}.");
            }

            line.InvocationConfiguration.Output.WriteLine($"Removed {node}.");
        });

        return command;
    }

    private static Argument<string> Name() => new("NAME") { Description = "The node's name" };

    private static Option<bool> Json() => new("--json") { Description = "Print JSON" };
}
