using System.Globalization;

namespace Consoles.Agent.QemuConf;

/// <summary>One setting's value: a number, a string or a list of values (libvirt's virConfType).</summary>
internal abstract record QemuConfValue
{
    public static QemuConfValue Of(bool value) => new QemuConfNumber(value ? 1 : 0, Signed: false);

    public static QemuConfValue Of(string value) => new QemuConfString(value);

    /// <summary>As it is written in qemu.conf.</summary>
    public abstract override string ToString();
}

/// <param name="Signed">It was written with a minus, which libvirt takes for no truth value, whatever the number.</param>
internal sealed record QemuConfNumber(long Number, bool Signed) : QemuConfValue
{
    public override string ToString() => Signed && Number == 0 ? "-0" : Number.ToString(CultureInfo.InvariantCulture);
}

/// <remarks>libvirt knows no escapes: a string can hold anything but the quotes it stands in, and a line end only within three.</remarks>
internal sealed record QemuConfString(string Value) : QemuConfValue
{
    /// <exception cref="QemuConfException">libvirt has no way to write that string.</exception>
    public override string ToString()
    {
        var ofOneLine = Value.AsSpan().IndexOfAny('\n', '\r') < 0;

        return Value.Contains('\0', StringComparison.Ordinal)
            ? throw new QemuConfException("qemu.conf has no way to write a string that holds a null character.")
            : ofOneLine && !Value.Contains('"', StringComparison.Ordinal) ? $"\"{Value}\""
            : ofOneLine && !Value.Contains('\'', StringComparison.Ordinal) ? $"'{Value}'"
            : Value.Length > 0 && Value[^1] != '"' && !Value.Contains("\"\"\"", StringComparison.Ordinal) ? $"\"\"\"{Value}\"\"\""
            : throw new QemuConfException($"qemu.conf has no way to write a string with these quotes: {Value}");
    }
}

internal sealed record QemuConfList(IReadOnlyList<QemuConfValue> Values) : QemuConfValue
{
    public bool Equals(QemuConfList? other) => other is not null && Values.SequenceEqual(other.Values);

    public override int GetHashCode() => Values.Count;

    public override string ToString() => Values.Count == 0 ? "[ ]" : $"[ {string.Join(", ", Values)} ]";
}
