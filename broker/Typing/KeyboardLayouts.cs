using System.Collections.Frozen;
using System.Reflection;
using System.Text;

namespace Consoles.Broker.Typing;

/// <summary>All layouts that there are. Their files are part of the program.</summary>
internal sealed class KeyboardLayouts
{
    private const string Prefix = "layouts/";
    private const string Suffix = ".txt";

    private readonly FrozenDictionary<string, KeyboardLayout> _layouts = Read().ToFrozenDictionary(layout => layout.Name, StringComparer.Ordinal);

    public IEnumerable<string> Names => _layouts.Keys.Order(StringComparer.Ordinal);

    public KeyboardLayout? Find(string name) => _layouts.GetValueOrDefault(name);

    private static IEnumerable<KeyboardLayout> Read()
    {
        var program = Assembly.GetExecutingAssembly();

        foreach (var resource in program.GetManifestResourceNames().Where(name => name.StartsWith(Prefix, StringComparison.Ordinal)))
        {
            using var file = new StreamReader(program.GetManifestResourceStream(resource)!, Encoding.UTF8);
            yield return LayoutFile.Read(resource[Prefix.Length..^Suffix.Length], file);
        }
    }
}
