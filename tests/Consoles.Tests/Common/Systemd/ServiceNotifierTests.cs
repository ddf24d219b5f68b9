using System.Net.Sockets;
using System.Text;
using Consoles.Common.Systemd;
using Consoles.Tests.Fakes;

namespace Consoles.Tests.Common.Systemd;

public sealed class ServiceNotifierTests : IDisposable
{
    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_message_arrives_at_the_socket_that_systemd_names(bool isAbstract)
    {
        var name = isAbstract ? $"@{Guid.NewGuid():N}" : _directory["notify"];
        using var systemd = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        systemd.Bind(new UnixDomainSocketEndPoint(isAbstract ? $"\0{name[1..]}" : name));

        ServiceNotifier.From(variable => variable == "NOTIFY_SOCKET" ? name : null).Tell("STATUS=two\nlines");

        var received = new byte[100];
        var length = await systemd.ReceiveAsync(received).WaitAsync(TimeSpan.FromSeconds(30));
        Encoding.UTF8.GetString(received, 0, length).Should().Be("STATUS=two lines");
    }

    [Fact]
    public void Without_systemd_nothing_is_said_and_no_watchdog_is_fed()
    {
        var notifier = ServiceNotifier.From(variable => variable == "WATCHDOG_USEC" ? "30000000" : null);

        notifier.IsListening.Should().BeFalse();
        notifier.WatchdogTimeout.Should().BeNull();
        notifier.Invoking(quiet => quiet.Tell("READY=1")).Should().NotThrow();
    }

    [Theory]
    [InlineData(null, 30.0)]
    [InlineData("own", 30.0)]
    [InlineData("1", null)]
    public void A_watchdog_is_fed_when_it_is_for_this_process(string? pid, double? seconds)
    {
        var notifier = ServiceNotifier.From(variable => variable switch
        {
            "NOTIFY_SOCKET" => "/run/systemd/notify",
            "WATCHDOG_USEC" => "30000000",
            "WATCHDOG_PID" => pid == "own" ? Environment.ProcessId.ToString() : pid,
            _ => null,
        });

        notifier.WatchdogTimeout?.TotalSeconds.Should().Be(seconds);
        notifier.WatchdogTimeout.HasValue.Should().Be(seconds.HasValue);
    }
}
