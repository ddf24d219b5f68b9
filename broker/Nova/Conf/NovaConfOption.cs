using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;

namespace Consoles.Broker.Nova.Conf;

/// <summary>What a value in nova.conf must be.</summary>
internal enum NovaConfType
{
    Text,
    Switch,
    Number,
    Port,
    Address,
    Url,
    List,
    PortRange,
    TlsVersion,
    Schemes,

    /// <summary>A length of time, in whole seconds, of a year at most.</summary>
    Seconds,

    /// <summary>Text, in which False and None stand for nothing: the guides' tables write defaults so.</summary>
    File,
}

/// <summary>An option of Nova's that is about consoles.</summary>
/// <param name="Name">Section and name, as they are today.</param>
/// <param name="Default">Nova's; null: none.</param>
/// <param name="Settings">Ours that take its value over, or none.</param>
/// <param name="Ignored">Why it is not taken over, in words; null where it is.</param>
/// <param name="OlderNames">The names it had, as [SECTION]NAME.</param>
/// <param name="OnlyWhenSaid">Nova's default means nothing here.</param>
/// <param name="Unsaid">Why Nova's default is not taken over, in words, where people should know.</param>
internal sealed partial record NovaConfOption(
    string Name, NovaConfType Type, string? Default, string[] Settings, string? Ignored = null, string[]? OlderNames = null, bool OnlyWhenSaid = false, string? Unsaid = null)
{
    private const int Year = 365 * 24 * 3600;

    private const string AnAddress = "an IP address, or the name of a host that has one";

    private static readonly string[] Yes = ["true", "1", "on", "yes"];
    private static readonly string[] No = ["false", "0", "off", "no"];
    private static readonly string[] TlsVersions = ["default", "tlsv1_1", "tlsv1_2", "tlsv1_3"];
    private static readonly string[] KnownSchemes = ["none", "vencrypt"];

    /// <summary>Every name it may be found under.</summary>
    public IEnumerable<string> Names => [Name, .. OlderNames ?? []];

    /// <summary>What is written to our settings for a value: a text, or a list; null: nothing.</summary>
    /// <exception cref="FormatException">The value is not what it must be. The message says what is.</exception>
    public object? Convert(string? value) => (Type, value) switch
    {
        (_, null or "") => null,
        (NovaConfType.File, _) when value.ToLowerInvariant() is "false" or "none" => null,
        (NovaConfType.Switch, _) => Yes.Contains(value.ToLowerInvariant()) ? "true" : No.Contains(value.ToLowerInvariant()) ? "false" : throw new FormatException("true or false"),
        (NovaConfType.Number, _) => Number(value, int.MaxValue),
        (NovaConfType.Port, _) => Number(value, IPEndPoint.MaxPort),
        (NovaConfType.Seconds, _) => Number(value, Year),
        (NovaConfType.Address, _) => AddressOf(value),
        (NovaConfType.Url, _) => Uri.TryCreate(value, UriKind.Absolute, out var url) && url.Scheme is "http" or "https" or "ws" or "wss" ? value : throw new FormatException("a URL with http, https, ws or wss"),
        (NovaConfType.PortRange, _) => Range().IsMatch(value) ? value : throw new FormatException("two ports such as 10000:20000"),
        (NovaConfType.TlsVersion, _) => TlsVersions.Contains(value) ? value : throw new FormatException(string.Join(", ", TlsVersions)),
        (NovaConfType.Schemes, _) => List(value) is var schemes && schemes.All(KnownSchemes.Contains) ? schemes : throw new FormatException("none, vencrypt, or both"),
        (NovaConfType.List, _) => List(value),
        _ => value,
    };

    private static string[] List(string value) => value.Split([',', '\n'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    private static string Number(string value, int most) =>
        int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number <= most ? number.ToString(CultureInfo.InvariantCulture) : throw new FormatException($"a whole number from 0 to {most}");

    // A listener has an address. One that is not known must not become one that is open to everybody.
    private static string AddressOf(string value)
    {
        if (IPAddress.TryParse(value.Trim('[', ']'), out var address))
        {
            return address.ToString();
        }

        try
        {
            // IPv4 first: it is what Nova's own defaults are.
            return Uri.CheckHostName(value) == UriHostNameType.Dns
                && Dns.GetHostAddresses(value).OrderBy(found => found.AddressFamily == AddressFamily.InterNetwork ? 0 : 1).FirstOrDefault() is { } found
                    ? found.ToString()
                    : throw new FormatException(AnAddress);
        }
        catch (SocketException e)
        {
            throw new FormatException(AnAddress, e);
        }
    }

    [GeneratedRegex(@"^\d+:\d+\z", RegexOptions.None, 1000)]
    private static partial Regex Range();
}
