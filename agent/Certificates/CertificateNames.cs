namespace Consoles.Agent.Certificates;

/// <summary>The file names that QEMU looks for in a directory of certificates, and ours beside them.</summary>
internal static class CertificateNames
{
    public const string Certificate = "server-cert.pem";
    public const string Key = "server-key.pem";
    public const string Authorities = "ca-cert.pem";
    public const string DiffieHellman = "dh-params.pem";

    /// <summary>The link to the version in use, whose renaming is the switch.</summary>
    public const string Current = "current";

    /// <summary>The directory of versions.</summary>
    public const string Versions = "v";

    /// <summary>Beside a version's files: what the set was made to.</summary>
    public const string Plan = "plan";

    /// <summary>Held by who changes the directory (flock(2)).</summary>
    public const string Lock = ".lock";

    /// <summary>What a name is called until it is renamed into its place.</summary>
    public static string Fresh(string name) => $".{name}.new";

    /// <summary>What a set is not without.</summary>
    public static IReadOnlyList<string> Set { get; } = [Certificate, Key, Authorities];

    /// <summary>What is a link at the top of an installed directory.</summary>
    public static IReadOnlyList<string> Links { get; } = [.. Set, DiffieHellman];
}
