using FsCheck;
using FsCheck.Fluent;

namespace Consoles.Tests.Agent.QemuConf;

/// <summary>Texts as people and programs leave them in qemu.conf, sound ones and others.</summary>
internal static class QemuConfTexts
{
    public static readonly string[] Names = ["vnc_tls", "vnc_listen", "user", "cgroup_device_acl", "x", "vnc_tls_x509_cert_dir"];

    private static readonly Gen<string> Name = Gen.Elements(Names);

    private static readonly Gen<string> LineEnd = Gen.Elements("\n", "\n", "\n", "\r\n", "\n\n", "\n \t\r\n");

    private static readonly Gen<string> Scalar = Gen.Elements(
        "0", "1", "-3", "+4", "007", "\"\"", "\"a\"", "'it is \"so\"'", "\"# no comment\"", "\"\"\"two\nlines \"\"\"", "\"ünïcode\"", "\"/etc/pki/libvirt-vnc\"");

    private static readonly Gen<string> Value = Gen.Frequency(
        (4, Scalar),
        (1, from items in Scalar.ListOf()
            from between in Gen.Elements(",", ", ", " ,\n  ", ",\r\n\t")
            from end in Gen.Elements("", ",", " ", "\n")
            select $"[ {string.Join(between, items)}{(items.Count == 0 ? "" : end)}]"));

    private static readonly Gen<string> Statement =
        from name in Name
        from sign in Gen.Elements("=", " = ", "\t= ")
        from value in Value
        from tail in Gen.Elements("", "", " # why", " ", ";", " ; ")
        select $"{name}{sign}{value}{tail}";

    private static readonly Gen<string> Comment =
        from name in Name
        from text in Gen.Elements($"#{name} = 1", $"# {name}=\"x\"", "# plain words", "#", "#\t\"unclosed")
        select text;

    private static readonly Gen<(string Indent, string Text, string End)> Line =
        from indent in Gen.Elements("", "  ")
        from text in Gen.Frequency((3, Statement), (2, Comment))
        from end in LineEnd
        select (indent, text, end);

    /// <summary>What libvirt starts with.</summary>
    public static readonly Gen<string> Sound =
        from lines in Line.ListOf()
        from endsOpen in Gen.Elements(true, false)
        select Join(lines, endsOpen);

    /// <summary>What a slip of the hand makes: pieces in any order.</summary>
    public static readonly Gen<string> Any =
        from pieces in Gen.Frequency((3, Gen.Elements("\n", "\r", " ", ";", "=", "#", "[", "]", ",", "\"", "'", "\"\"\"", "-", "1", "x", "\t", "ü")), (1, Name), (2, Statement), (1, Comment)).ListOf()
        select string.Concat(pieces);

    private static string Join(IEnumerable<(string Indent, string Text, string End)> lines, bool endsOpen)
    {
        var text = string.Concat(lines.Select(line => line.Indent + line.Text + line.End));
        return endsOpen ? text.TrimEnd('\r', '\n') : text;
    }
}
