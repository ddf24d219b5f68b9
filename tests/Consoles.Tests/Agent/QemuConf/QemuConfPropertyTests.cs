using Consoles.Agent.QemuConf;
using FsCheck;
using FsCheck.Fluent;

namespace Consoles.Tests.Agent.QemuConf;

public sealed class QemuConfPropertyTests
{
    private static readonly Config Runs = Config.QuickThrowOnFailure.WithMaxTest(3000).WithEndSize(40);

    private static readonly Gen<QemuConfValue> Values = Gen.Elements(
        QemuConfValue.Of(true),
        QemuConfValue.Of(false),
        QemuConfValue.Of("0.0.0.0"),
        QemuConfValue.Of("/etc/pki/ünd \"so\""),
        new QemuConfList([QemuConfValue.Of("/dev/null"), QemuConfValue.Of("it's")]));

    private static readonly Gen<(string Text, string Name, QemuConfValue Value)> Edits =
        from text in QemuConfTexts.Sound
        from name in Gen.Elements(QemuConfTexts.Names)
        from value in Values
        select (text, name, value);

    [Fact]
    public void A_text_that_is_read_and_written_is_the_same_bytes() =>
        Holds(QemuConfTexts.Sound, text => QemuConfText.Parse(text).ToString() == text);

    [Fact]
    public void What_is_read_is_what_libvirt_itself_reads_and_what_is_refused_is_what_it_refuses() =>
        Holds(Gen.OneOf(QemuConfTexts.Sound, QemuConfTexts.Any), text =>
        {
            var theirs = LibvirtConf.Read(text, QemuConfTexts.Names);

            try
            {
                var ours = QemuConfText.Parse(text);
                return theirs is not null && QemuConfTexts.Names.Select(ours.Find).SequenceEqual(theirs);
            }
            catch (QemuConfException)
            {
                return theirs is null;
            }
        });

    [Fact]
    public void A_value_that_is_set_is_what_libvirt_then_reads() =>
        Holds(Edits, edit =>
        {
            var after = QemuConfText.Parse(edit.Text).Set(edit.Name, edit.Value);
            return Equals(after.Find(edit.Name), edit.Value) && Equals(LibvirtConf.Read(after.ToString(), [edit.Name])?[0], edit.Value);
        });

    [Fact]
    public void Setting_the_same_again_changes_nothing() =>
        Holds(Edits, edit =>
        {
            var once = QemuConfText.Parse(edit.Text).Set(edit.Name, edit.Value);
            return once.Set(edit.Name, edit.Value).ToString() == once.ToString();
        });

    [Fact]
    public void A_setting_that_is_set_leaves_every_byte_before_and_behind_it()
    {
        Holds(Edits, edit =>
        {
            var before = QemuConfText.Parse(edit.Text);
            var after = before.Set(edit.Name, edit.Value).ToString();
            var same = edit.Text.Zip(after).TakeWhile(pair => pair.First == pair.Second).Count();
            var rest = edit.Text[same..];

            // What is gone from the text is at most the old value; what is new is the new value, with name and line end where there was none.
            var kept = Enumerable.Range(0, rest.Length + 1).Select(gone => rest[gone..]).First(end => after[same..].EndsWith(end, StringComparison.Ordinal));
            var gone = rest[..^kept.Length];
            var added = after[same..^kept.Length];
            return before.Find(edit.Name) is null
                ? gone.Length == 0 && added.Length <= $"{edit.Name} = {edit.Value}\r\n".Length
                : !gone.Contains('=', StringComparison.Ordinal) && !added.Contains('=', StringComparison.Ordinal);
        });
    }

    [Fact]
    public void All_other_settings_stay_as_they_were() =>
        Holds(Edits, edit =>
        {
            var before = QemuConfText.Parse(edit.Text);
            var after = before.Set(edit.Name, edit.Value);
            return QemuConfTexts.Names.Where(name => name != edit.Name).All(name => Equals(before.Find(name), after.Find(name)));
        });

    [Fact]
    public void A_setting_that_was_added_can_be_taken_away_without_a_trace() =>
        Holds(Edits, edit =>
        {
            var before = QemuConfText.Parse(edit.Text);
            var after = before.Set(edit.Name, edit.Value).Remove(edit.Name).ToString();

            // A last line without an end has one afterwards.
            return before.Find(edit.Name) is not null || after == edit.Text || (after.StartsWith(edit.Text, StringComparison.Ordinal) && after[edit.Text.Length..] is "\n" or "\r\n" or "\r");
        });

    private static void Holds<T>(Gen<T> texts, Func<T, bool> property) => Prop.ForAll(texts.ToArbitrary(), property).Check(Runs);
}
