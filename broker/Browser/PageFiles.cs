using System.Collections.Frozen;
using System.Reflection;
using System.Security.Cryptography;
using System.Text;

namespace Consoles.Broker.Browser;

/// <summary>All that browsers may ask for, by exact path. The files are part of the program and are read once, at its start.</summary>
/// <remarks>A path is looked up, never taken apart: there is nothing to traverse, nothing to list and nothing to redirect to.</remarks>
internal sealed class PageFiles
{
    private const string Prefix = "browser/";

    // Stands in the pages for the path of everything they load, which names the digest of it all.
    private const string StaticMark = "@STATIC@";

    private static readonly FrozenDictionary<string, string> ContentTypes = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        [".html"] = "text/html; charset=utf-8",
        [".css"] = "text/css; charset=utf-8",
        [".js"] = "text/javascript; charset=utf-8",
        [".mjs"] = "text/javascript; charset=utf-8",
        [".svg"] = "image/svg+xml",
    }.ToFrozenDictionary(StringComparer.Ordinal);

    private readonly FrozenDictionary<string, PageFile> _files;

    public PageFiles()
    {
        var content = Read();
        var root = $"/static/{Digest([.. content.OrderBy(file => file.Key, StringComparer.Ordinal).Select(file => file.Value)])}/";

        _files = content.ToFrozenDictionary(
            file => PathOf(file.Key, root),
            file => Page(file.Key, file.Value, root),
            StringComparer.Ordinal);
    }

    public IEnumerable<string> Paths => _files.Keys;

    public PageFile? Find(string path) => _files.GetValueOrDefault(path);

    private static Dictionary<string, byte[]> Read()
    {
        var program = Assembly.GetExecutingAssembly();

        return program.GetManifestResourceNames()
            .Where(name => name.StartsWith(Prefix, StringComparison.Ordinal))
            .ToDictionary(name => name[Prefix.Length..], name =>
            {
                using var resource = program.GetManifestResourceStream(name)!;
                var content = new byte[resource.Length];
                resource.ReadExactly(content);
                return content;
            });
    }

    private static string PathOf(string name, string root) => name switch
    {
        "pages/index.html" => "/",
        "pages/console.html" => "/console",
        "pages/certificates.html" => "/certificates",
        _ => root + name,
    };

    private static PageFile Page(string name, byte[] content, string root)
    {
        var isPage = name.EndsWith(".html", StringComparison.Ordinal);

        if (isPage)
        {
            content = Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(content).Replace(StaticMark + "/", root, StringComparison.Ordinal));
        }

        // Licences have names such as LICENSE.MPL-2.0.
        var contentType = ContentTypes.GetValueOrDefault(Path.GetExtension(name), "text/plain; charset=utf-8");
        return new PageFile(content, contentType, $"\"{Digest(content)}\"", Immutable: !isPage);
    }

    private static string Digest(params ReadOnlySpan<byte[]> contents)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

        foreach (var content in contents)
        {
            hash.AppendData(content);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset())[..20];
    }
}
