namespace Consoles.Agent.Inventory;

/// <summary>Where libvirt's QEMU driver keeps its pid files, as its connection URI tells (libvirt.org/uri.html). Pure.</summary>
internal static class StateDirectory
{
    /// <returns>The directory, or null where the guests are not processes of this machine: another driver, a remote host.</returns>
    public static string? Of(string uri, string? runtimeDirectory)
    {
        if (!IsLocalQemu(uri, out var parsed))
        {
            return null;
        }

        if (Socket(parsed.Query) is { } socket)
        {
            return Path.Join(Path.GetDirectoryName(socket), "qemu");
        }

        return parsed.AbsolutePath switch
        {
            "/system" => "/run/libvirt/qemu",
            "/session" when runtimeDirectory is not null => Path.Join(runtimeDirectory, "libvirt/qemu/run"),
            _ => null,
        };
    }

    /// <summary>True when the domains of <paramref name="uri"/> are QEMU processes of this machine.</summary>
    public static bool IsLocalQemu(string uri) => IsLocalQemu(uri, out _);

    private static bool IsLocalQemu(string uri, out Uri parsed) =>
        Uri.TryCreate(uri, UriKind.Absolute, out parsed!) && parsed.Scheme is "qemu" or "qemu+unix" && parsed.Host.Length == 0;

    private static string? Socket(string query)
    {
        const string Parameter = "socket=";

        var given = query.TrimStart('?').Split('&').FirstOrDefault(part => part.StartsWith(Parameter, StringComparison.Ordinal));
        var path = given is null ? null : Uri.UnescapeDataString(given[Parameter.Length..]);

        return path is ['/', ..] ? path : null;
    }
}
