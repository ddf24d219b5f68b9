using System.Text;

namespace Consoles.Broker.Viewers.Files;

/// <summary>A file that starts virt-viewer's remote-viewer (a key file of GLib's with one group).</summary>
internal static class ViewerFile
{
    public const string ContentType = "application/x-virt-viewer";

    /// <param name="entries">In order; those without a value are left out.</param>
    public static string Write(IEnumerable<KeyValuePair<string, string?>> entries)
    {
        var file = new StringBuilder("[virt-viewer]\n");

        foreach (var (name, value) in entries)
        {
            if (value is not null)
            {
                file.Append(name).Append('=').Append(Escape(value)).Append('\n');
            }
        }

        return file.ToString();
    }

    /// <summary>A name for the file that no file system or header takes amiss.</summary>
    public static string NameOf(string domain, string console) =>
        string.Concat($"{domain}-{console}".Select(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_' ? c : '_')).TrimStart('.') + ".vv";

    // What a domain is called must begin no line of its own. GLib knows these escapes.
    private static string Escape(string value)
    {
        var escaped = new StringBuilder(value.Length);

        foreach (var c in value)
        {
            escaped.Append(c switch
            {
                '\\' => "\\\\",
                '\n' => "\\n",
                ' ' when escaped.Length == 0 => "\\s",
                _ when char.IsControl(c) => "?",
                _ => c,
            });
        }

        return escaped.ToString();
    }
}
