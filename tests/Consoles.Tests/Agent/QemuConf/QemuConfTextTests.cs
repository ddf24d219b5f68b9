using Consoles.Agent.QemuConf;

namespace Consoles.Tests.Agent.QemuConf;

public sealed class QemuConfTextTests
{
    [Theory]
    [InlineData("# TLS\n#vnc_tls = 1\n\nuser = \"a\"\n", "# TLS\n#vnc_tls = 1\nvnc_tls = 1\n\nuser = \"a\"\n")]
    [InlineData("# vnc_tls = 0\r\nuser = \"a\"\r\n", "# vnc_tls = 0\r\nvnc_tls = 1\r\nuser = \"a\"\r\n")]
    [InlineData("user = \"a\" #vnc_tls = 1\nx = 1\n", "user = \"a\" #vnc_tls = 1\nx = 1\nvnc_tls = 1\n")]
    [InlineData("#vnc_tls_x509_verify = 1\n", "#vnc_tls_x509_verify = 1\nvnc_tls = 1\n")]
    [InlineData("s = \"\"\"\n#vnc_tls = 1\n\"\"\"\nx = 1\n", "s = \"\"\"\n#vnc_tls = 1\n\"\"\"\nx = 1\nvnc_tls = 1\n")]
    [InlineData("#vnc_tls = 1", "#vnc_tls = 1\nvnc_tls = 1")]
    [InlineData("", "vnc_tls = 1\n")]
    [InlineData("vnc_tls\t=  0\t# off for now\n", "vnc_tls\t=  1\t# off for now\n")]
    [InlineData("vnc_tls = 0\n#vnc_tls = 1\nvnc_tls = 1\n", "vnc_tls = 1\n#vnc_tls = 1\nvnc_tls = 1\n")]
    [InlineData("x = 1; vnc_tls = 0; y = 2\n", "x = 1; vnc_tls = 1; y = 2\n")]
    [InlineData("vnc_tls = [ \"a\",\n  \"b\" ] # odd\n", "vnc_tls = 1 # odd\n")]
    public void A_setting_changes_where_it_stands_or_gets_a_line_behind_its_commented_default(string before, string after) =>
        QemuConfText.Parse(before).Set("vnc_tls", QemuConfValue.Of(true)).ToString().Should().Be(after);

    [Theory]
    [InlineData("a = 1\nvnc_tls\n", 2, "'=' is expected after vnc_tls")]
    [InlineData("a = 1\n\n = 3\n", 3, "a setting's name is expected")]
    [InlineData("a = yes\n", 1, "a value is expected*")]
    [InlineData("a = 1 b = 2\n", 1, "the setting goes on after its value")]
    [InlineData("a = \"x\nb = 1\n", 1, "the string does not end on its line")]
    [InlineData("a = \"\"\"x\nb = 1\n", 1, "the string in three quotes does not end")]
    [InlineData("a = [ \"x\",\n \"y\"\nb = 1\n", 3, "',' or ']' is expected in the list")]
    [InlineData("a = [ \"x\",\n", 2, "a value is expected*")]
    [InlineData("a = [ \"x\"\n", 2, "the list is not closed with ']'")]
    [InlineData("a = -\n", 1, "a digit is expected")]
    [InlineData(" \n", 2, "a setting's name is expected")]
    public void A_text_that_libvirt_would_not_start_with_is_refused_with_line_and_reason(string text, int line, string reason)
    {
        LibvirtConf.Read(text, []).Should().BeNull("that is what libvirt itself says");
        FluentActions.Invoking(() => QemuConfText.Parse(text)).Should().Throw<QemuConfException>().WithMessage($"qemu.conf, line {line}: {reason}.");
    }

    [Fact]
    public void A_text_that_is_too_long_or_too_deep_is_refused()
    {
        FluentActions.Invoking(() => QemuConfText.Parse(new byte[QemuConfText.MaxLength + 1])).Should().Throw<QemuConfException>().WithMessage("*10485760 at most*");
        FluentActions.Invoking(() => QemuConfText.Parse("a = " + new string('[', 100_000))).Should().Throw<QemuConfException>().WithMessage("*64 deep*");
    }

    [Theory]
    [InlineData("vnc_tls = 2")]
    [InlineData("vnc_tls = -1")]
    [InlineData("vnc_tls = \"1\"")]
    [InlineData("vnc_tls = [ 1 ]")]
    public void A_truth_value_that_libvirt_does_not_take_is_refused(string text) =>
        FluentActions.Invoking(() => QemuConfText.Parse(text).Bool("vnc_tls")).Should().Throw<QemuConfException>().WithMessage("qemu.conf: vnc_tls must be 0 or 1, and is *.");

    [Fact]
    public void Of_a_setting_that_stands_twice_the_first_is_in_force_as_for_libvirt()
    {
        const string Twice = "vnc_tls = 1\nvnc_tls = 0\n";

        QemuConfText.Parse(Twice).Bool("vnc_tls").Should().BeTrue();
        LibvirtConf.Read(Twice, ["vnc_tls"])!.Single().Should().Be(QemuConfValue.Of(true));
    }

    [Fact]
    public void Bytes_that_are_no_text_stay_as_they_are()
    {
        byte[] odd = [.. "# \xff\xfe"u8, 0xff, 0xfe, 0x80, .. "\nuser = \"a\"\n"u8];

        QemuConfText.Parse(odd).ToBytes().Should().Equal(odd);
        QemuConfText.Parse(odd).Set("x", QemuConfValue.Of(true)).ToBytes().Should().StartWith(odd);
    }

    [Fact]
    public void The_file_that_the_distribution_ships_goes_through_unchanged()
    {
        var shipped = File.ReadAllBytes("/etc/libvirt/qemu.conf");

        QemuConfText.Parse(shipped).ToBytes().Should().Equal(shipped);
        var changed = QemuConfText.Parse(shipped).Set("vnc_tls", QemuConfValue.Of(true)).ToString().Split('\n');
        changed.Should().HaveCount(QemuConfText.Parse(shipped).ToString().Split('\n').Length + 1);
        changed[Array.IndexOf(changed, "vnc_tls = 1") - 1].Should().Be("#vnc_tls = 1");
    }
}
