using System.Net;
using System.Net.Sockets;
using Consoles.Agent.Relays;
using Consoles.Tests.Fakes;

namespace Consoles.Tests.Agent.Relays;

public class SocketTableTests
{
    [Fact]
    public void Addresses_are_read_as_the_kernel_prints_them()
    {
        SocketTable.ParseTcp("   1: 0100007F:170C 0100007F:C3A2 01 00000000:00000000 00:00000000 00000000     0        0 81234 1 0000000000000000 20 4 30 10 -1")
            .Should().Be(new TcpEnd(IPEndPoint.Parse("127.0.0.1:5900"), IPEndPoint.Parse("127.0.0.1:50082"), Accepted: true));

        SocketTable.ParseTcp("   1: 0000000000000000FFFF00000100007F:170C 0000000000000000FFFF00000100007F:C3A2 01 00000000:00000000 00:00000000 00000000 0 0 0 1 0")
            .Should().Be(new TcpEnd(IPEndPoint.Parse("127.0.0.1:5900"), IPEndPoint.Parse("127.0.0.1:50082"), Accepted: false));
    }

    [Theory]
    [InlineData("  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode")]
    [InlineData("   0: 0100007F:170C 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 81234 1 0 100 0 0 10 0")]
    [InlineData("   0: 0100:170C 00000000:0000 01 0 0 0 0 0 81234")]
    [InlineData("   0: ZZ00007F:170C 0100007F:C3A2 01 0 0 0 0 0 81234")]
    [InlineData("")]
    public void What_is_no_connection_is_none(string line) => SocketTable.ParseTcp(line).Should().BeNull();

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("::1")]
    public async Task A_client_that_the_listener_has_not_taken_is_told_from_one_that_it_has(string address)
    {
        using var listener = new TcpListener(IPAddress.Parse(address), 0);
        listener.Start();
        var at = (IPEndPoint)listener.LocalEndpoint;
        SocketTable.At(at).Should().BeEmpty();

        using var client = new TcpClient(at.AddressFamily);
        await client.ConnectAsync(at);
        var end = new TcpEnd(at, (IPEndPoint)client.Client.LocalEndPoint!, Accepted: false);

        // The client has its answer before the listener's side is connected, and the kernel's list may skip a line while others come and go.
        await Eventually.TrueAsync(() => SocketTable.At(at).SequenceEqual([end]));

        using var taken = await listener.AcceptTcpClientAsync();
        await Eventually.TrueAsync(() => SocketTable.At(at).SequenceEqual([end with { Accepted = true }]));
    }

    [Fact]
    public async Task The_same_is_told_of_a_unix_socket()
    {
        using var directory = new TempDirectory();
        var path = directory["a socket"];
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(path));
        listener.Listen(1);
        SocketTable.At(path).Should().Be((0, 0));

        using var client = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await client.ConnectAsync(new UnixDomainSocketEndPoint(path));
        SocketTable.At(path).Should().Be((0, 1));

        using var taken = await listener.AcceptAsync();
        SocketTable.At(path).Should().Be((1, 0));
    }
}
