using System.Net.Sockets;
using System.Text;
using Consoles.Broker.Sessions;
using Consoles.Broker.Tokens;
using Consoles.Common.Inventory;
using Consoles.Tests.Fakes;

namespace Consoles.Tests.Broker.Sessions;

public sealed class SessionTests : IAsyncLifetime
{
    private LiveBroker _broker = null!;

    public async Task InitializeAsync() => _broker = await LiveBroker.StartAsync(configure: null, settings: "--Access:FailureLimit=1000");

    public async Task DisposeAsync() => await _broker.DisposeAsync();

    [Fact]
    public async Task A_redeemed_token_opens_a_channel_to_the_guest()
    {
        var (viewer, guest) = await _broker.OpenAsync();
        viewer.Status.Should().Be(101);
        viewer.Head.Should().Contain("Sec-WebSocket-Protocol: binary\r\n").And.NotContain("Extensions");

        await viewer.SendAsync("hello guest"u8);
        (await ReadAsync(guest, 11)).Should().Be("hello guest");

        await guest.SendAsync("hello viewer"u8.ToArray());
        (await viewer.ReceiveAsync()).Should().BeEquivalentTo(((byte)0x82, Encoding.ASCII.GetBytes("hello viewer")));
    }

    private static async Task<string> ReadAsync(Socket guest, int bytes)
    {
        var buffer = new byte[bytes];
        using var stream = new NetworkStream(guest, ownsSocket: false);
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        await stream.ReadExactlyAsync(buffer, limit.Token);
        return Encoding.ASCII.GetString(buffer);
    }
}
