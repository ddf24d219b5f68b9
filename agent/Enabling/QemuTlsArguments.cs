using System.Globalization;
using System.Text.Json;

namespace Consoles.Agent.Enabling;

/// <summary>What a QEMU was told of TLS when it was started, by its command line in /proc.</summary>
internal static class QemuTlsArguments
{
    // libvirt's name for the certificates of the first VNC display, which is the only one that it starts (qemu_command.c).
    private const string VncCredentials = "vnc-tls-creds0";

    /// <returns>Whether VNC clients must show a certificate; null where it was told nothing of VNC's TLS, or cannot be looked at.</returns>
    public static bool? VncVerifies(int pid)
    {
        try
        {
            return VncVerifies(File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/cmdline")));
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <param name="commandLine">Arguments, each with a null character behind it.</param>
    internal static bool? VncVerifies(string commandLine)
    {
        var arguments = commandLine.Split('\0');
        var objects = arguments.Zip(arguments.Skip(1)).Where(pair => pair.First == "-object").Select(pair => pair.Second);
        return objects.Select(Verifies).FirstOrDefault(verifies => verifies is not null);
    }

    // JSON since libvirt 6.10; before that id=...,verify-peer=yes.
    private static bool? Verifies(string described)
    {
        if (!described.StartsWith('{'))
        {
            var options = described.Split(',');
            return options.Contains($"id={VncCredentials}") ? options.Any(option => option is "verify-peer=yes" or "verify-peer=on") : null;
        }

        try
        {
            using var json = JsonDocument.Parse(described);
            return json.RootElement.TryGetProperty("id", out var id) && id.ValueEquals(VncCredentials)
                ? json.RootElement.TryGetProperty("verify-peer", out var verifies) && verifies.ValueKind == JsonValueKind.True
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
