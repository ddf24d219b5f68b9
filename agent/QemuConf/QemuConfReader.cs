namespace Consoles.Agent.QemuConf;

/// <summary>A setting's place in the text.</summary>
/// <param name="Value">Where the value's own text begins and ends.</param>
/// <param name="End">After the value, a comment behind it, and the separator that ends the statement.</param>
internal sealed record QemuConfStatement(string Name, int Start, Range Value, int End, QemuConfValue Says);

/// <summary>A comment that stands for itself, up to and without the line's end.</summary>
internal sealed record QemuConfComment(int Start, int End);

/// <summary>Reads qemu.conf by the rules of libvirt's own reader (src/util/virconf.c of libvirt 9.0), faults included.</summary>
/// <param name="text">A character a byte.</param>
internal sealed class QemuConfReader(string text)
{
    // libvirt sets none, and would run out of stack.
    private const int MaxDepth = 64;

    // What stands for the end, as the null behind a C string does.
    private const char End = '\0';

    private int _at;

    private char Here => _at < text.Length ? text[_at] : End;

    public List<QemuConfStatement> Statements { get; } = [];

    public List<QemuConfComment> Comments { get; } = [];

    /// <exception cref="QemuConfException">libvirt would refuse the text, and not start with it.</exception>
    public void Read()
    {
        while (_at < text.Length)
        {
            SkipBlanks(andLineEnds: true);

            if (Here == '#')
            {
                var start = _at;
                SkipLine();
                Comments.Add(new QemuConfComment(start, _at));
                SkipSeparator();
            }
            else
            {
                ReadStatement();
            }
        }
    }

    private void ReadStatement()
    {
        var start = _at;

        if (!char.IsAsciiLetter(Here))
        {
            throw Refuse("a setting's name is expected");
        }

        while (char.IsAsciiLetterOrDigit(Here) || Here == '_')
        {
            _at++;
        }

        var name = text[start.._at];
        SkipBlanks();

        if (Here != '=')
        {
            throw Refuse($"'=' is expected after {name}");
        }

        _at++;
        SkipBlanks();
        var valueStart = _at;
        var value = ReadValue(depth: 0);
        var valueEnd = _at;
        SkipBlanks();

        if (Here == '#')
        {
            SkipLine();
        }

        var end = SkipSeparator();
        Statements.Add(new QemuConfStatement(name, start, valueStart..valueEnd, end, value));
    }

    private QemuConfValue ReadValue(int depth)
    {
        SkipBlanks();

        return Here switch
        {
            _ when depth > MaxDepth => throw Refuse($"lists stand in one another more than {MaxDepth} deep"),
            '"' or '\'' => ReadString(),
            '[' => ReadList(depth),
            '-' or '+' => ReadNumber(),
            >= '0' and <= '9' => ReadNumber(),
            _ => throw Refuse("a value is expected: a number, a string in quotes or a list in brackets"),
        };
    }

    private QemuConfNumber ReadNumber()
    {
        var negative = Here == '-';
        _at += Here is '-' or '+' ? 1 : 0;

        if (!char.IsAsciiDigit(Here))
        {
            throw Refuse("a digit is expected");
        }

        var number = 0L;

        while (char.IsAsciiDigit(Here))
        {
            // As libvirt does, which looks for no overflow.
            number = unchecked((number * 10) + (Here - '0'));
            _at++;
        }

        return new QemuConfNumber(negative ? unchecked(-number) : number, negative);
    }

    private QemuConfString ReadString()
    {
        const string Triple = "\"\"\"";

        // Six quotes at the very end are two strings too many for libvirt, not an empty one in three quotes.
        if (_at + (2 * Triple.Length) < text.Length && text.AsSpan(_at).StartsWith(Triple, StringComparison.Ordinal))
        {
            var start = _at + Triple.Length;
            var end = text.IndexOf(Triple, start, StringComparison.Ordinal);
            _at = end < 0 ? throw Refuse("the string in three quotes does not end") : end + Triple.Length;
            return new QemuConfString(text[start..end]);
        }

        var quote = Here;
        var from = ++_at;

        while (_at < text.Length && Here != quote && Here is not ('\n' or '\r'))
        {
            _at++;
        }

        return Here == quote ? new QemuConfString(text[from.._at++]) : throw Refuse("the string does not end on its line");
    }

    private QemuConfList ReadList(int depth)
    {
        var values = new List<QemuConfValue>();
        _at++;
        SkipBlanks(andLineEnds: true);

        while (_at < text.Length && Here != ']')
        {
            if (values.Count > 0)
            {
                if (Here != ',')
                {
                    throw Refuse("',' or ']' is expected in the list");
                }

                _at++;
                SkipBlanks(andLineEnds: true);

                if (Here == ']')
                {
                    break;
                }
            }

            values.Add(ReadValue(depth + 1));
            SkipBlanks(andLineEnds: true);
        }

        if (Here != ']')
        {
            throw Refuse("the list is not closed with ']'");
        }

        _at++;
        return new QemuConfList(values);
    }

    /// <returns>The end of what was read: after one line's end, or after a semicolon.</returns>
    private int SkipSeparator()
    {
        SkipBlanks();
        var end = _at;

        if (Here is '\n' or '\r')
        {
            end += text.AsSpan(_at).StartsWith("\r\n", StringComparison.Ordinal) ? 2 : 1;
        }
        else if (Here == ';')
        {
            end = ++_at;
        }
        else if (_at < text.Length)
        {
            throw Refuse("the setting goes on after its value");
        }

        SkipBlanks(andLineEnds: true);
        return end;
    }

    private void SkipBlanks(bool andLineEnds = false)
    {
        while (_at < text.Length && (Here is ' ' or '\t' || (andLineEnds && Here is '\n' or '\r')))
        {
            _at++;
        }
    }

    private void SkipLine()
    {
        while (_at < text.Length && Here is not ('\n' or '\r'))
        {
            _at++;
        }
    }

    private QemuConfException Refuse(string reason) =>
        new($"qemu.conf, line {text.AsSpan(0, Math.Min(_at, text.Length)).Count('\n') + 1}: {reason}.");
}
