using System.Text.Json;

namespace Consoles.Agent.Libvirt;

/// <summary>Which QEMU a guest really runs on, which may be older than the one that is installed (query-version).</summary>
/// <param name="Package">The distribution's own word, as "Debian 1:7.2+dfsg-7+deb12u18"; empty where it says nothing.</param>
internal sealed record QemuVersion(Version Number, string Package)
{
    public static QemuVersion Read(JsonElement answer)
    {
        var qemu = answer.GetProperty("qemu");
        var number = new Version(qemu.GetProperty("major").GetInt32(), qemu.GetProperty("minor").GetInt32(), qemu.GetProperty("micro").GetInt32());
        return new QemuVersion(number, answer.TryGetProperty("package", out var package) ? package.GetString() ?? "" : "");
    }

    public override string ToString() => Package.Length > 0 ? $"{Number} ({Package})" : Number.ToString();
}
