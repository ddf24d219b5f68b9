using System.Collections.Frozen;
using System.Reflection;
using System.Security.Cryptography;
using Consoles.Broker.Hosting;

namespace Consoles.Broker.Nova.Proxies;

/// <summary>One file of a viewer's.</summary>
internal sealed record WebFile(byte[] Content, string ContentType, string ETag);

/// <summary>The pages of a viewer, read once when the broker starts, and found by exact path: there is nothing to traverse, to list or to redirect to.</summary>
internal sealed class WebRoot
{
    private const long MaxBytes = 64 * 1024 * 1024;
    private const int MaxFiles = 10_000;

    private static readonly FrozenDictionary<string, string> ContentTypes = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase)
    {
        [".html"] = "text/html; charset=utf-8",
        [".css"] = "text/css; charset=utf-8",
        [".js"] = "text/javascript; charset=utf-8",
        [".mjs"] = "text/javascript; charset=utf-8",
        [".json"] = "application/json",
        [".map"] = "application/json",
        [".svg"] = "image/svg+xml",
        [".png"] = "image/png",
        [".gif"] = "image/gif",
        [".jpg"] = "image/jpeg",
        [".ico"] = "image/vnd.microsoft.icon",
        [".woff"] = "font/woff",
        [".woff2"] = "font/woff2",
        [".ttf"] = "font/ttf",
        [".mp3"] = "audio/mpeg",
        [".oga"] = "audio/ogg",
        [".wav"] = "audio/wav",
        [".swf"] = "application/x-shockwave-flash",
        [".txt"] = "text/plain; charset=utf-8",
    }.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);

    private readonly FrozenDictionary<string, WebFile> _files;

    private WebRoot(IEnumerable<KeyValuePair<string, byte[]>> files) => _files = files.ToFrozenDictionary(
        file => file.Key,
        file => new WebFile(
            file.Value, ContentTypes.GetValueOrDefault(Path.GetExtension(file.Key), "application/octet-stream"), $"\"{Convert.ToHexStringLower(SHA256.HashData(file.Value))[..20]}\""),
        StringComparer.Ordinal);

    public IEnumerable<string> Paths => _files.Keys;

    /// <summary>The file at this path as it stands in a request, such as /app/ui.js; null when there is none.</summary>
    public WebFile? Find(string path) => _files.GetValueOrDefault(path);

    /// <summary>The same files, with <paramref name="over"/> replaced where it is only another name of <paramref name="other"/>.</summary>
    /// <remarks>Debian's vnc_auto.html is its vnc.html, which connects only when somebody presses a button: Nova's URLs are to open the console.</remarks>
    public WebRoot Preferring(string preferred, string other, string over) =>
        Find(preferred) is { } better && Find(over) is { } there && Find(other) is { } same && there.ETag == same.ETag
            ? new WebRoot(_files.Select(file => file.Key == over ? KeyValuePair.Create(over, better.Content) : KeyValuePair.Create(file.Key, file.Value.Content)))
            : this;

    /// <summary>The files below a directory, hidden ones and links that lead out of it excepted.</summary>
    /// <param name="setting">What to name when it cannot be read.</param>
    /// <exception cref="StartException">There is no such directory, or it holds more than pages do.</exception>
    public static WebRoot OfDirectory(string directory, string setting)
    {
        if (!Directory.Exists(directory))
        {
            throw new StartException($"{setting}: there is no directory {directory}. Install the viewer's pages there, or name where they are.");
        }

        var root = Real(directory);
        var files = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        var bytes = 0L;

        try
        {
            foreach (var file in Directory.EnumerateFiles(root, "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.Hidden }))
            {
                var real = Real(file);

                if (!real.StartsWith(root + '/', StringComparison.Ordinal) || !File.Exists(real))
                {
                    continue;
                }

                bytes += new FileInfo(real).Length;

                if (bytes > MaxBytes || files.Count == MaxFiles)
                {
                    throw new StartException($"{setting}: {directory} holds more than {MaxFiles} files or {MaxBytes / 1024 / 1024} MiB; that is no directory of a viewer's pages.");
                }

                files['/' + Path.GetRelativePath(root, file)] = File.ReadAllBytes(real);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StartException($"{setting}: {directory} cannot be read: {e.Message}", e);
        }

        return new WebRoot(files);
    }

    /// <summary>Files that are part of this program: those whose names begin with a prefix, at the paths that the rests of their names are.</summary>
    public static WebRoot OfProgram(params IReadOnlyList<(string Prefix, string Path)> places)
    {
        var program = Assembly.GetExecutingAssembly();

        return new WebRoot(
            from name in program.GetManifestResourceNames()
            from place in places
            where name.StartsWith(place.Prefix, StringComparison.Ordinal)
            select KeyValuePair.Create(place.Path + name[place.Prefix.Length..], Read(program, name)));
    }

    private static byte[] Read(Assembly program, string name)
    {
        using var resource = program.GetManifestResourceStream(name)!;
        var content = new byte[resource.Length];
        resource.ReadExactly(content);
        return content;
    }

    /// <summary>The path with every link in it followed.</summary>
    private static string Real(string path)
    {
        var real = "/";

        foreach (var part in Path.GetFullPath(path).Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            real = Path.Combine(real, part);
            FileSystemInfo info = Directory.Exists(real) ? new DirectoryInfo(real) : new FileInfo(real);

            if (info.LinkTarget is not null)
            {
                // A link may lead through others, by a path of its own.
                real = info.ResolveLinkTarget(returnFinalTarget: false) is { } target ? Real(target.FullName) : real;
            }
        }

        return real;
    }
}
