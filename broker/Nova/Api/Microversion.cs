using System.Runtime.InteropServices;
using System.Text.RegularExpressions;

namespace Consoles.Broker.Nova.Api;

/// <summary>Which revision of the compute API a request speaks (OpenStack API-WG, microversion specification).</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly partial record struct Microversion(int Major, int Minor) : IComparable<Microversion>
{
    public const string Header = "OpenStack-API-Version";
    public const string LegacyHeader = "X-OpenStack-Nova-API-Version";

    private const string Service = "compute";

    public static readonly Microversion Oldest = new(2, 1);

    public static readonly Microversion Latest = new(2, 100);

    /// <summary>What a request asks for. One that asks for none speaks the oldest, not the latest.</summary>
    /// <exception cref="NovaFault">400: it is no version. 406: it is none of ours.</exception>
    public static Microversion Of(HttpRequest request)
    {
        if (Asked(request) is not { } text)
        {
            return Oldest;
        }

        if (text.Equals("latest", StringComparison.OrdinalIgnoreCase))
        {
            return Latest;
        }

        if (!Form().IsMatch(text) || text.Split('.') is not [var major, var minor] || !int.TryParse(major, out var one) || !int.TryParse(minor, out var two))
        {
            throw new NovaFault(400, $"API Version String {text} is of invalid format. Must be of format MajorNum.MinorNum.");
        }

        var version = new Microversion(one, two);

        return version >= Oldest && version <= Latest
            ? version
            : throw new NovaFault(406, $"Version {text} is not supported by the API. Minimum is {Oldest} and maximum is {Latest}.");
    }

    /// <summary>Whether it is at least 2.<paramref name="minor"/>.</summary>
    public bool Since(int minor) => this >= new Microversion(2, minor);

    public int CompareTo(Microversion other) => (Major, Minor).CompareTo((other.Major, other.Minor));

    public static bool operator <(Microversion one, Microversion other) => one.CompareTo(other) < 0;

    public static bool operator >(Microversion one, Microversion other) => one.CompareTo(other) > 0;

    public static bool operator <=(Microversion one, Microversion other) => one.CompareTo(other) <= 0;

    public static bool operator >=(Microversion one, Microversion other) => one.CompareTo(other) >= 0;

    public override string ToString() => $"{Major}.{Minor}";

    // The one header is for all services: the last that names ours counts. The older one was Nova's alone.
    private static string? Asked(HttpRequest request)
    {
        foreach (var value in request.Headers[Header].SelectMany(line => (line ?? "").Split(',')).Reverse())
        {
            if (value.Split((char[]?)null, 2, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) is [var service, var version]
                && service.Equals(Service, StringComparison.OrdinalIgnoreCase))
            {
                return version;
            }
        }

        return request.Headers[LegacyHeader].SelectMany(line => (line ?? "").Split(',')).LastOrDefault()?.Trim();
    }

    [GeneratedRegex(@"^[1-9]\d*\.(0|[1-9]\d*)\z", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Form();
}
