using System.Buffers.Binary;
using System.Globalization;
using Consoles.Agent.QemuConf;

namespace Consoles.Agent.Certificates;

/// <summary>Whom QEMU runs as, by number.</summary>
internal sealed record QemuUser(uint User, uint Group)
{
    /// <summary>What qemu.conf says.</summary>
    /// <exception cref="CertificateException">It cannot be read, or there is no such user or group.</exception>
    public static QemuUser Of(QemuConfFile file)
    {
        try
        {
            var settings = file.Settings();
            return Of(settings.User, settings.Group);
        }
        catch (QemuConfException e)
        {
            throw new CertificateException($"Whom QEMU runs as is not known: {e.Message}", e);
        }
    }

    /// <param name="user">A name, or a number, which libvirt marks with a plus; null or empty: what distributions run QEMU as.</param>
    /// <param name="group">The same; null or empty: the user's own.</param>
    /// <exception cref="CertificateException">There is no such user or group.</exception>
    public static QemuUser Of(string? user, string? group)
    {
        var wanted = string.IsNullOrEmpty(user) ? QemuDefaults.OfThisNode.User() : user;
        var found = FindUser(wanted) ?? Numbered(wanted) ?? throw new CertificateException($"This machine has no user {wanted}, as which QEMU is to run.");

        return string.IsNullOrEmpty(group)
            ? found
            : found with { Group = FindGroup(group) ?? Number(group) ?? throw new CertificateException($"This machine has no group {group}, as which QEMU is to run.") };
    }

    private static QemuUser? Numbered(string text) => Number(text) is { } number ? new QemuUser(number, number) : null;

    private static uint? Number(string text) =>
        uint.TryParse(text.StartsWith('+') ? text[1..] : text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    // struct passwd: two pointers, uid, gid. struct group: two pointers, gid.
    private static QemuUser? FindUser(string name)
    {
        Span<byte> found = stackalloc byte[64];
        var buffer = new byte[16 * 1024];

        return UserNative.FindUser(name, found, buffer, buffer.Length, out var result) == 0 && result != 0
            ? new QemuUser(NumberAt(found, 2 * nint.Size), NumberAt(found, 2 * nint.Size + sizeof(uint)))
            : null;
    }

    private static uint? FindGroup(string name)
    {
        Span<byte> found = stackalloc byte[64];
        var buffer = new byte[64 * 1024];

        return UserNative.FindGroup(name, found, buffer, buffer.Length, out var result) == 0 && result != 0 ? NumberAt(found, 2 * nint.Size) : null;
    }

    private static uint NumberAt(ReadOnlySpan<byte> found, int offset) =>
        BitConverter.IsLittleEndian ? BinaryPrimitives.ReadUInt32LittleEndian(found[offset..]) : BinaryPrimitives.ReadUInt32BigEndian(found[offset..]);
}
