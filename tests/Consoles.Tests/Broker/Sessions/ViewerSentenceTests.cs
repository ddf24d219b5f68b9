using Consoles.Broker.Sessions;
using Consoles.Common.Inventory;

namespace Consoles.Tests.Broker.Sessions;

public class ViewerSentenceTests
{
    [Theory]
    [InlineData("Nothing answers at 192.0.2.7:5900.")]
    [InlineData("The certificate is for kvm1, and not for 192.0.2.7.")]
    [InlineData("Nothing answers at [2001:db8::7]:5900.")]
    public void A_viewer_is_not_told_where_a_console_is(string sentence)
    {
        var console = new ConsoleEndpoint { Kind = ConsoleKind.Vnc, Name = "vnc0", Transport = ConsoleTransport.Tcp, Host = "0.0.0.0", Port = 5900 };

        ConsoleAddress.Hide(sentence, console).Should().Contain("its address").And.NotContain("192.0.2.7").And.NotContain("2001:db8").And.NotContain(":5900");
    }
}
