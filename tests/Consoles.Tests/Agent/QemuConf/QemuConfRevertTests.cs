using Consoles.Agent.QemuConf;

namespace Consoles.Tests.Agent.QemuConf;

public sealed class QemuConfRevertTests
{
    private const string Backup = "#vnc_tls = 1\nuser = \"a\" # ada\nspice_tls = 0\n";
    private const string Applied = "# head\nvnc_tls = 1\nspice_tls = 1\n";
    private const string Present = "#vnc_tls = 1\nvnc_tls = 1\nuser = \"a\" # ada\nspice_tls = 1\n";

    [Theory]
    [InlineData(Present, Backup)]
    [InlineData("x = 1\n" + Present, "x = 1\n" + Backup)]
    [InlineData("#vnc_tls = 1\nvnc_tls = 1\nuser = \"b\"\nspice_tls = 1\n", "#vnc_tls = 1\nuser = \"b\"\nspice_tls = 0\n")]
    [InlineData("user = \"a\"\nspice_tls = 1\n", "user = \"a\"\nspice_tls = 0\n")]
    public void What_this_agent_set_goes_back_and_what_others_changed_stays(string present, string reverted) =>
        Revert(present).ToString().Should().Be(reverted);

    [Theory]
    [InlineData("vnc_tls = 0\nspice_tls = 1\n", "vnc_tls was 1 and is 0.")]
    [InlineData("vnc_tls = 1\n", "spice_tls was 1 and is not set.")]
    public void What_others_have_made_of_it_is_refused_in_words(string present, string words) =>
        FluentActions.Invoking(() => Revert(present)).Should().Throw<QemuConfException>().WithMessage($"Somebody has changed what this agent had set: {words} Nothing was put back.");

    private static QemuConfText Revert(string present) => QemuConfRevert.Of(QemuConfText.Parse(present), QemuConfText.Parse(Backup), QemuConfText.Parse(Applied));
}
