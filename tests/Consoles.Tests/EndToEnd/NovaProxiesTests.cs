using System.Net;
using System.Net.Sockets;
using System.Text;
using Consoles.Broker.Sessions;
using Consoles.Common.Inventory;
using Consoles.Tests.Fakes;

namespace Consoles.Tests.EndToEnd;

/// <summary>Clients that were not written here, at Nova's proxies before a real guest.</summary>
public sealed class NovaProxiesTests(Chromium chromium, NovaFleet nova) : IClassFixture<Chromium>, IClassFixture<NovaFleet>
{
    [Fact]
    public async Task NV_02_05_FQ_01_the_distributions_noVNC_and_the_pages_of_the_program_show_the_guest_and_type_into_it()
    {
        await using (var watched = await chromium.OpenAsync())
        {
            var token = await nova.TokenAsync(ConsoleKind.Vnc);
            await watched.Page.GotoAsync($"http://127.0.0.1:{nova.Listeners.NoVnc.EndPoint.Port}/vnc_auto.html?path=%3Ftoken%3D{token}");

            // It connects by itself; noVNC's small page wants a click before it takes keys.
            await watched.Page.Locator("canvas").First.ClickAsync();
            await ShouldWorkAsync(watched, "debian");
        }

        await nova.UseOwnPagesAsync();

        await using (var watched = await chromium.OpenAsync())
        {
            var token = await nova.TokenAsync(ConsoleKind.Vnc);
            await watched.Page.GotoAsync($"http://127.0.0.1:{nova.Listeners.NoVnc.EndPoint.Port}/vnc_auto.html?path=%3Ftoken%3D{token}");
            await ShouldWorkAsync(watched, "npm");
            watched.Complaints.Should().BeEmpty();
        }

        await using (var watched = await chromium.OpenAsync())
        {
            await OpenSpiceAsync(watched);
            await ShouldWorkAsync(watched, "spice-npm");
        }
    }

    [Fact]
    public async Task SP_01_02_spice_html5_shows_the_guest_and_types_into_it_by_the_cookie_of_its_page()
    {
        await using var watched = await chromium.OpenAsync();
        await OpenSpiceAsync(watched);
        await ShouldWorkAsync(watched, "spice");
        nova.Fleet.Broker.Get<SessionRegistry>().Sessions.Count(session => session.Grant.Kind == ConsoleKind.Spice).Should().Be(1);
    }

    [Fact]
    public async Task SE_02_07_a_python_client_reads_and_types_on_the_serial_console()
    {
        using var folder = new TempDirectory();
        await File.WriteAllTextAsync(folder["client.py"], """
            import asyncio, sys, websockets

            async def main(url):
                async with websockets.connect(url, subprotocols=['binary'], origin=sys.argv[2] or None) as line:
                    said = b''
                    await line.send(b'\recho "py-$((6*7))"\r')
                    while b'py-42' not in said:
                        part = await asyncio.wait_for(line.recv(), 30)
                        assert isinstance(part, bytes)
                        said += part
                    print(line.subprotocol, 'py-42')

            asyncio.run(main(sys.argv[1]))
            """);
        var token = await nova.TokenAsync(ConsoleKind.Serial);
        var at = $"127.0.0.1:{nova.Listeners.Serial.EndPoint.Port}";

        foreach (var origin in new[] { "", $"http://{at}" })
        {
            (await Command.RunAsync("/usr/bin/python3", [folder["client.py"], $"ws://{at}/?token={token}", origin])).Should().Contain("binary py-42");
        }
    }

    [Fact]
    public async Task XV_08_a_socket_that_sends_a_request_speaks_RFB_with_the_guest_from_then_on()
    {
        var token = await nova.TokenAsync(ConsoleKind.Vnc);
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, nova.Listeners.XvpVnc.EndPoint.Port);
        await using var stream = client.GetStream();
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"GET /console?token={token} HTTP/1.1\r\nHost: x\r\n\r\n"), limit.Token);
        (await ReadAsync(19)).Should().Equal("HTTP/1.1 200 OK\r\n\r\n"u8.ToArray());

        (await ReadAsync(12)).Should().Equal("RFB 003.008\n"u8.ToArray());
        await stream.WriteAsync("RFB 003.008\n"u8.ToArray(), limit.Token);
        (await ReadAsync(2)).Should().Equal([1, 1], because: "there is one security type, None");
        await stream.WriteAsync(new byte[] { 1 }, limit.Token);
        (await ReadAsync(4)).Should().Equal(0, 0, 0, 0);
        await stream.WriteAsync(new byte[] { 1 }, limit.Token);
        var init = await ReadAsync(24);
        Encoding.ASCII.GetString(await ReadAsync(init[23])).Should().Contain(NovaFleet.Guest);

        // RFC 6143, section 7.5.3: the whole of the screen, please. Its first byte is the answer's type, an update.
        await stream.WriteAsync(new byte[] { 3, 0, 0, 0, 0, 0, init[0], init[1], init[2], init[3] }, limit.Token);
        (await ReadAsync(4))[0].Should().Be(0);

        async Task<byte[]> ReadAsync(int count)
        {
            var bytes = new byte[count];
            await stream.ReadExactlyAsync(bytes, limit.Token);
            return bytes;
        }
    }

    private async Task OpenSpiceAsync(WatchedPage watched)
    {
        var token = await nova.TokenAsync(ConsoleKind.Spice);
        await watched.Page.GotoAsync($"http://127.0.0.1:{nova.Listeners.Spice.EndPoint.Port}/spice_auto.html?token={token}");
    }

    private async Task ShouldWorkAsync(WatchedPage watched, string mark)
    {
        await Eventually.TrueAsync(
            () => watched.Page.EvaluateAsync<bool>(
                """
                () => [...document.querySelectorAll('canvas')].some(canvas => canvas.width > 100
                  && new Set(new Uint32Array(canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data.buffer)).size > 1)
                """),
            TimeSpan.FromSeconds(60));
        await Eventually.TrueAsync(() => TypedArrivesAsync(watched, mark), TimeSpan.FromSeconds(60));
        await watched.ShotAsync($"nova-{mark}");
    }

    // These pages do not say when keys go through: spice-html5 shows the screen before it has its inputs channel.
    private async Task<bool> TypedArrivesAsync(WatchedPage watched, string mark)
    {
        await ConsolePage.TypeAsync(watched, $"echo \"{mark}: $((6*7))\" > /dev/ttyS0");

        try
        {
            await LibvirtHost.ReadUntilAsync(nova.SerialLog, $"{mark}: 42", TimeSpan.FromSeconds(10));
            return true;
        }
        catch (TimeoutException)
        {
            await watched.Page.Keyboard.PressAsync("Control+KeyC");
            return false;
        }
    }
}
