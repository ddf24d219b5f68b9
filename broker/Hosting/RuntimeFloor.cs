namespace Consoles.Broker.Hosting;

/// <summary>The oldest runtime the broker listens on: earlier ones have published holes in Kestrel and in ASP.NET Core's signatures (CVE-2026-40372, CVE-2026-45591).</summary>
internal static class RuntimeFloor
{
    public static readonly Version Oldest = new(10, 0, 9);

    /// <exception cref="StartException">The runtime is older.</exception>
    public static void Check(Version runtime)
    {
        if (runtime < Oldest)
        {
            throw new StartException($"This is .NET {runtime}; the broker needs {Oldest} or later, which closes published security holes. Update the ASP.NET Core runtime.");
        }
    }
}
