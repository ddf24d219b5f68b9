using System.CommandLine;
using System.Text.Json;
using Consoles.Broker.Authority;
using Consoles.Broker.Nodes;

namespace Consoles.Broker;

/// <summary>Commands about the authority. They work on the store, and running brokers go by what they did within a second or two.</summary>
internal static class AuthorityCommands
{
    private static readonly Dictionary<string, RollOverStep> Steps = new(StringComparer.Ordinal)
    {
        ["prepare"] = RollOverStep.Prepare,
        ["activate"] = RollOverStep.Activate,
        ["retire"] = RollOverStep.Retire,
        ["roll-back"] = RollOverStep.RollBack,
    };

    public static Command Make(SettingsSwitches settings) => new("authority", "Show, roll over and revoke the authority's roots on the guests' side.")
    {
        Status(settings),
        RollOver(settings),
        RevokeBroker(settings),
    };

    private static Command Status(SettingsSwitches settings)
    {
        var json = new Option<bool>("--json") { Description = "Print JSON" };
        var command = new Command("status", "Show the roots, and what nodes have not done yet of what is wanted of them.") { json };

        command.SetAction(line =>
        {
            using var broker = BrokerHost.BuildForCommand(settings.Read(line));
            var output = line.InvocationConfiguration.Output;
            var known = broker.Services.GetRequiredService<AuthorityState>().Current.Roots;
            var (missing, beside) = broker.Services.GetRequiredService<RollOverProof>().Judge(AuthorityCircle.Clients, step: null);

            if (line.GetValue(json))
            {
                var roots = known.Select(root => new { circle = root.Circle.Word, root.Number, state = Word(root.State), root.Certificate.Thumbprint, notAfter = NotAfter(root) });
                output.WriteLine(JsonSerializer.Serialize(new { roots, missing, beside }, JsonSerializerOptions.Web));
                return;
            }

            CommandTable.Write(output, ["CIRCLE", "ROOT", "STATE", "EXPIRES", "THUMBPRINT"], known.Select(root => new[]
            {
                root.Circle.Word, $"{root.Number}", Word(root.State), $"{NotAfter(root):u}", root.Certificate.Thumbprint,
            }));

            output.WriteLine(missing.Count == 0 ? "Every node that is heard of has proved what is wanted of it." : "Not proved yet:");
            Write(output, [.. missing, .. beside]);
        });

        return command;
    }

    private static Command RollOver(SettingsSwitches settings)
    {
        var circle = new Argument<string>("CIRCLE") { Description = "hosts: who vouches for what QEMUs serve; clients: who vouches for brokers" };
        var step = new Argument<string>("STEP")
        {
            Description = "prepare: make a new root that everybody trusts; activate: issue from it; retire: trust the old one no more; roll-back: undo the step before",
        };
        var force = new Option<bool>("--force") { Description = "Take the step whatever nodes have not proved. Consoles of those that have not may be refused." };
        circle.AcceptOnlyFromAmong("hosts", "clients");
        step.AcceptOnlyFromAmong([.. Steps.Keys]);

        var command = new Command(
            "roll-over",
            "Give a circle a new root, step by step: prepare, activate, retire. A step is refused while a node that is heard of has not proved the one before; "
            + "taking one twice is taking it once; roll-back undoes one until the old root is retired.")
        {
            circle, step, force,
        };

        command.SetAction(line =>
        {
            using var broker = BrokerHost.BuildForCommand(settings.Read(line));
            var (of, wanted) = (Enum.Parse<AuthorityCircle>(line.GetRequiredValue(circle), ignoreCase: true), Steps[line.GetRequiredValue(step)]);
            var output = line.InvocationConfiguration.Output;

            if (Authority.RollOver.Dares(broker.Services.GetRequiredService<AuthorityState>().Current, of, wanted) && !line.GetValue(force))
            {
                var (missing, beside) = broker.Services.GetRequiredService<RollOverProof>().Judge(of, wanted);

                if (missing.Count > 0)
                {
                    throw new CommandException($"Nothing was changed. These must come first, or force it:\n  {string.Join("\n  ", missing)}");
                }

                Write(output, beside);
            }

            try
            {
                output.WriteLine(broker.Services.GetRequiredService<RollOver>().Take(of, wanted));
            }
            catch (RollOverException e)
            {
                throw new CommandException(e.Message);
            }
        });

        return command;
    }

    private static Command RevokeBroker(SettingsSwitches settings)
    {
        var command = new Command(
            "revoke-broker",
            "For when a broker's key was stolen: brokers get certificates of a new root at once, and nodes are to trust that one alone. "
            + "Until a node has proved its new files the old key opens its consoles, and its guests that are dialled with TLS refuse the new one.");

        command.SetAction(line =>
        {
            using var broker = BrokerHost.BuildForCommand(settings.Read(line));
            var output = line.InvocationConfiguration.Output;
            var number = broker.Services.GetRequiredService<RollOver>().Revoke(AuthorityCircle.Clients);
            var (missing, beside) = broker.Services.GetRequiredService<RollOverProof>().Judge(AuthorityCircle.Clients, step: null);

            output.WriteLine($"Root {number} of clients is the only one now. Where it is still to be proved (authority status shows it again):");
            Write(output, [.. missing, .. beside]);
        });

        return command;
    }

    private static string Word(RootState state) => state.ToString().ToLowerInvariant();

    private static DateTimeOffset NotAfter(AuthorityRoot root) => new(root.Certificate.NotAfter.ToUniversalTime());

    private static void Write(TextWriter output, IEnumerable<string> lines)
    {
        foreach (var line in lines)
        {
            output.WriteLine($"  {line}");
        }
    }
}
