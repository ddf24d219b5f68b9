using System.Text;

namespace Consoles.Agent.QemuConf;

/// <summary>The text of a qemu.conf, of which settings can be changed while every other byte stays as it is. It does not change itself.</summary>
internal sealed class QemuConfText
{
    // libvirt reads no longer one (virConfReadFile).
    public const int MaxLength = 10 * 1024 * 1024;

    private readonly string _text;
    private readonly QemuConfReader _read;

    private QemuConfText(string text)
    {
        _text = text;
        _read = new QemuConfReader(text);
        _read.Read();
    }

    /// <exception cref="QemuConfException">libvirt would not start with it.</exception>
    public static QemuConfText Parse(ReadOnlySpan<byte> bytes) =>
        bytes.Length <= MaxLength
            ? new QemuConfText(Encoding.Latin1.GetString(bytes))
            : throw new QemuConfException($"qemu.conf has {bytes.Length} bytes; libvirt reads {MaxLength} at most.");

    /// <inheritdoc cref="Parse(ReadOnlySpan{byte})"/>
    public static QemuConfText Parse(string text) => Parse(Encoding.UTF8.GetBytes(text));

    /// <summary>The names of the settings, in the order of the text.</summary>
    public IEnumerable<string> Names => _read.Statements.Select(statement => statement.Name).Distinct(StringComparer.Ordinal);

    public byte[] ToBytes() => Encoding.Latin1.GetBytes(_text);

    public override string ToString() => Encoding.UTF8.GetString(ToBytes());

    /// <returns>The value in force, or null where the setting is absent. Of a setting that stands twice, libvirt takes the first.</returns>
    public QemuConfValue? Find(string name) => Decode(InForce(name)?.Says);

    /// <returns>The value in force, or null where the setting is absent.</returns>
    /// <exception cref="QemuConfException">It is neither 0 nor 1, with which libvirt does not start.</exception>
    public bool? Bool(string name) => Find(name) switch
    {
        null => null,
        QemuConfNumber { Signed: false, Number: 0 or 1 } number => number.Number == 1,
        var other => throw new QemuConfException($"qemu.conf: {name} must be 0 or 1, and is {other}."),
    };

    /// <returns>The value in force, or null where the setting is absent.</returns>
    /// <exception cref="QemuConfException">It is no string, with which libvirt does not start.</exception>
    public string? String(string name) => Find(name) switch
    {
        null => null,
        QemuConfString text => text.Value,
        var other => throw new QemuConfException($"qemu.conf: {name} must be a string in quotes, and is {other}."),
    };

    /// <summary>Changes the value in force, or adds a line: behind the setting's commented default, or at the end.</summary>
    public QemuConfText Set(string name, QemuConfValue value)
    {
        if (Find(name) == value)
        {
            return this;
        }

        var written = Encode(value.ToString());

        if (InForce(name) is { } statement)
        {
            return new QemuConfText($"{_text[..statement.Value.Start]}{written}{_text[statement.Value.End..]}");
        }

        var line = $"{name} = {written}";
        var at = CommentedDefault(name) is { } comment ? AfterLine(comment.End) : _text.Length;
        var ownLineBegins = at == 0 || _text[at - 1] is '\n' or '\r';

        return new QemuConfText(ownLineBegins ? $"{_text[..at]}{line}{LineEnd(at)}{_text[at..]}" : $"{_text}{LineEnd(at)}{line}");
    }

    /// <summary>Takes the setting in force away, with its line where nothing else stands there.</summary>
    public QemuConfText Remove(string name)
    {
        if (InForce(name) is not { } statement)
        {
            return this;
        }

        // Without its separator, where another statement stands before it on the line.
        var lineStart = statement.Start == 0 ? 0 : _text.AsSpan(0, statement.Start).LastIndexOfAny('\n', '\r') + 1;
        var alone = string.IsNullOrWhiteSpace(_text[lineStart..statement.Start]);
        var end = alone || _text[statement.End - 1] == ';' ? statement.End : statement.Value.End.Value;
        var left = _text[..(alone ? lineStart : statement.Start)] + _text[end..];

        // libvirt starts with an empty file, but not with one of blanks.
        return new QemuConfText(string.IsNullOrWhiteSpace(left) ? "" : left);
    }

    private QemuConfStatement? InForce(string name) => _read.Statements.Find(statement => statement.Name == name);

    private QemuConfComment? CommentedDefault(string name) => _read.Comments.FindLast(comment =>
    {
        var said = _text.AsSpan(comment.Start, comment.End - comment.Start).TrimStart("# \t");
        return said.StartsWith(name, StringComparison.Ordinal) && said[name.Length..].TrimStart(" \t").StartsWith("=", StringComparison.Ordinal);
    });

    private int AfterLine(int end) =>
        end == _text.Length ? end : end + (_text.AsSpan(end).StartsWith("\r\n", StringComparison.Ordinal) ? 2 : 1);

    /// <summary>As the line before ends, or the first one, or as lines do.</summary>
    private string LineEnd(int at)
    {
        var before = at > 0 && _text[at - 1] is '\n' or '\r' ? at - 1 : _text.AsSpan().IndexOfAny('\n', '\r');

        return before < 0 ? "\n"
            : _text[before] == '\n' && before > 0 && _text[before - 1] == '\r' ? "\r\n"
            : _text.AsSpan(before).StartsWith("\r\n", StringComparison.Ordinal) ? "\r\n"
            : _text[before].ToString();
    }

    // The text holds a character for a byte; what is read from it and written to it is UTF-8.
    private static string Encode(string value) => Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(value));

    private static QemuConfValue? Decode(QemuConfValue? value) => value switch
    {
        QemuConfString text => new QemuConfString(Encoding.UTF8.GetString(Encoding.Latin1.GetBytes(text.Value))),
        QemuConfList list => new QemuConfList([.. list.Values.Select(item => Decode(item)!)]),
        _ => value,
    };
}
