namespace Consoles.Broker;

/// <summary>Columns for people. Programs ask for --json.</summary>
internal static class CommandTable
{
    public static void Write(TextWriter output, string[] heads, IEnumerable<string[]> rows)
    {
        List<string[]> lines = [heads, .. rows];
        var widths = heads.Select((_, column) => lines.Max(line => line[column].Length)).ToArray();

        foreach (var line in lines)
        {
            output.WriteLine(string.Join("  ", line.Select((cell, column) => cell.PadRight(widths[column]))).TrimEnd());
        }
    }
}
