using System.CommandLine;
using Consoles.Broker.Nova.Conf;

namespace Consoles.Broker;

/// <summary>Makes our settings of a nova.conf.</summary>
internal static class NovaConfCommand
{
    private const UnixFileMode OwnerAlone = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    public static Command Make()
    {
        var file = new Argument<string>("FILE") { Description = "A nova.conf" };
        var target = new Option<string?>("--out") { Description = "Where to write the settings; there must be no such file yet [they are printed]", HelpName = "FILE" };
        var command = new Command("import-nova-conf", "Show what a nova.conf says about consoles, and make settings of it.") { file, target };

        command.SetAction(line =>
        {
            var import = Read(line.GetRequiredValue(file));
            var output = line.InvocationConfiguration.Output;
            Report(import, output);

            if (line.GetValue(target) is { } path)
            {
                Write(path, import.ToJson());
                output.WriteLine($"\nThe settings are in {path}. Start the broker with --config {path}.");
            }
            else
            {
                output.WriteLine($"\nSettings:\n{import.ToJson()}");
            }
        });

        return command;
    }

    private static NovaConfImport Read(string file)
    {
        try
        {
            return NovaConfImport.Of(File.ReadLines(file));
        }
        catch (NovaConfException e)
        {
            throw new CommandException($"{file} is at fault:{string.Concat(e.Faults.Select(fault => $"\n  {fault}"))}");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CommandException($"{file} cannot be read: {e.Message}");
        }
    }

    private static void Report(NovaConfImport import, TextWriter output)
    {
        output.WriteLine("Taken over:");
        CommandTable.Write(output, ["  OPTION", "VALUE", "FROM", "SETTING"], import.Outcomes.Where(outcome => outcome.Why is null).Select(outcome =>
            new[] { $"  {outcome.Option.Name}", outcome.Value ?? "-", outcome.Place, IsSet(outcome, import) ? string.Join(", ", outcome.Option.Settings) : "(not set)" }));

        output.WriteLine("\nIgnored:");
        CommandTable.Write(output, ["  OPTION", "VALUE", "FROM", "WHY"], import.Outcomes.Where(outcome => outcome.Why is not null).Select(outcome =>
            new[] { $"  {outcome.Option.Name}", outcome.Value ?? "-", outcome.Place, outcome.Why! }));

        if (import.Unknown.Count > 0)
        {
            output.WriteLine("\nWarning: these are no options of Nova's consoles, and were passed over:");

            foreach (var unknown in import.Unknown)
            {
                output.WriteLine($"  {unknown}");
            }
        }
    }

    private static bool IsSet(NovaConfOutcome outcome, NovaConfImport import) => outcome.Value is not null && (outcome.IsSaid || !outcome.Option.OnlyWhenSaid) && Array.TrueForAll(outcome.Option.Settings, import.Settings.ContainsKey);

    private static void Write(string path, string json)
    {
        try
        {
            using var file = new FileStream(path, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = OwnerAlone });
            using var writer = new StreamWriter(file);
            writer.WriteLine(json);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CommandException($"{path} cannot be written: {e.Message}");
        }
    }
}
