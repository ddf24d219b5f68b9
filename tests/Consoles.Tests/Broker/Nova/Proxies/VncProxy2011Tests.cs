using System.CommandLine;
using System.Text;
using Consoles.Broker;
using Consoles.Broker.Hosting;
using Consoles.Broker.Nova.Proxies;
using Consoles.Tests.Fakes;

namespace Consoles.Tests.Broker.Nova.Proxies;

/// <summary>nova-vncproxy of 2011.</summary>
public sealed class VncProxy2011Tests : IAsyncLifetime
{
    private readonly TempDirectory _root = new();
    private NovaBroker _nova = null!;

    private int Port => _nova.Listeners.Of2011.EndPoint.Port;

    public async Task InitializeAsync()
    {
        await File.WriteAllTextAsync(_root["vnc_auto.html"], "<p>auto</p>");
        await File.WriteAllTextAsync(_root[".hidden"], "secret");
        _nova = await NovaBroker.StartAsync("--Nova:VncProxy2011:Enabled=true", $"--Nova:VncProxy2011:WwwRoot={_root.Path}", "--Nova:NoVnc:Enabled=false", "--Access:FailureWindow=01:00:00");
    }

    public async Task DisposeAsync()
    {
        await _nova.DisposeAsync();
        _root.Dispose();
    }

    [Fact]
    public async Task VP_02_it_does_not_start_without_the_viewers_files()
    {
        await FluentActions.Awaiting(() => NovaBroker.StartAsync("--Nova:VncProxy2011:Enabled=true", "--Nova:VncProxy2011:WwwRoot=/no/such/root"))
            .Should().ThrowAsync<StartException>().WithMessage("*/no/such/root*");

        using var empty = new TempDirectory();
        await FluentActions.Awaiting(() => NovaBroker.StartAsync("--Nova:VncProxy2011:Enabled=true", $"--Nova:VncProxy2011:WwwRoot={empty.Path}"))
            .Should().ThrowAsync<StartException>().WithMessage("*vnc_auto.html*");
    }

    [Theory]
    [InlineData("/", 200)]
    [InlineData("/?token=abc", 200)]
    [InlineData("/vnc_auto.html", 200)]
    [InlineData("/.hidden", 404)]
    [InlineData("/other.html", 404)]
    [InlineData("/vnc_debug", 404)]
    [InlineData("//evil.example", 400)]
    public async Task VP_03_only_the_viewers_files_are_served(string target, int status)
    {
        var answer = await NovaBroker.GetAsync(Port, target);
        answer.Should().StartWith($"HTTP/1.1 {status}").And.NotContain("secret");

        if (status == 404)
        {
            answer.Should().EndWith("Not Found");
        }
    }

    [Theory]
    [InlineData("/data?token=TOKEN", null)]
    [InlineData("/data", "Referer: http://127.0.0.1/?token=TOKEN")]
    public async Task VP_04_frames_are_base64_and_the_token_is_the_querys_or_the_referers(string target, string? referer)
    {
        var token = _nova.Token();
        string[] headers = referer is null ? [] : [referer.Replace("TOKEN", token, StringComparison.Ordinal)];
        using var viewer = await RawWebSocket.ConnectAsync(Port, NovaBroker.Upgrade(target.Replace("TOKEN", token, StringComparison.Ordinal), "base64", headers: headers));
        viewer.Head.Should().ContainEquivalentOf("Sec-WebSocket-Protocol: base64\r\n");
        var guest = await _nova.Live.Guests.NextAsync();

        await guest.SendAsync("RFB 003.008\n"u8.ToArray());
        var (first, payload) = await viewer.ReceiveAsync();
        first.Should().Be(0x81);
        Encoding.ASCII.GetString(payload).Should().Be(Convert.ToBase64String("RFB 003.008\n"u8));

        // Padding ends each frame, and a frame may end anywhere.
        await viewer.SendRawAsync(RawWebSocket.Frame(0x81, Encoding.ASCII.GetBytes(Convert.ToBase64String("hell"u8))));
        await viewer.SendRawAsync(RawWebSocket.Frame(0x81, "b"u8));
        await viewer.SendRawAsync(RawWebSocket.Frame(0x81, "w=="u8));
        var got = new List<byte>();
        var buffer = new byte[16];

        while (got.Count < 5)
        {
            got.AddRange(buffer[..await guest.ReceiveAsync(buffer)]);
        }

        Encoding.ASCII.GetString([.. got]).Should().Be("hello");
    }

    [Theory]
    [InlineData(0x81, "!!!!", 1002)]
    [InlineData(0x82, "aGVs", 1003)]
    public async Task VP_04_what_is_not_base64_ends_the_session(byte first, string payload, int code)
    {
        using var viewer = await RawWebSocket.ConnectAsync(Port, NovaBroker.Upgrade($"/data?token={_nova.Token()}", "base64"));
        await _nova.Live.Guests.NextAsync();
        await viewer.SendRawAsync(RawWebSocket.Frame(first, Encoding.ASCII.GetBytes(payload)));
        (await viewer.CloseFrameAsync()).Code.Should().Be(code);
    }

    [Theory]
    [InlineData("/data")]
    [InlineData("/data?token=unknown")]
    [InlineData("/data?host=127.0.0.1&port=5900")]
    public async Task VP_05_08_without_a_good_token_it_is_403_whatever_else_is_named(string target)
    {
        using var viewer = await RawWebSocket.ConnectAsync(Port, NovaBroker.Upgrade(target, "base64"));
        viewer.Status.Should().Be(403);
        _nova.Live.Guests.Count.Should().Be(0);
    }

    [Fact]
    public async Task VP_05_a_network_that_guesses_has_to_wait()
    {
        for (var attempt = 0; attempt < 10; attempt++)
        {
            using var guess = await RawWebSocket.ConnectAsync(Port, NovaBroker.Upgrade("/data?token=guess", "base64"));
            guess.Status.Should().Be(403);
        }

        using var waits = await RawWebSocket.ConnectAsync(Port, NovaBroker.Upgrade($"/data?token={_nova.Token()}", "base64"));
        waits.Status.Should().Be(429);
    }

    [Fact]
    public async Task VP_05_without_the_store_it_is_503()
    {
        var token = _nova.Token();
        _nova.Live.Get<Consoles.Broker.Store.Database>().Use(store => Dapper.SqlMapper.Execute(store, "ALTER TABLE console_tokens RENAME TO away"));

        using var viewer = await RawWebSocket.ConnectAsync(Port, NovaBroker.Upgrade($"/data?token={token}", "base64"));
        viewer.Status.Should().Be(503);
    }

    [Fact]
    public async Task VP_06_Flash_is_told_of_the_port_where_that_is_asked_for()
    {
        _nova.Listeners.Flash.IsOn.Should().BeFalse();
        await using var asked = await NovaBroker.StartAsync(
            "--Nova:VncProxy2011:Enabled=true", $"--Nova:VncProxy2011:WwwRoot={_root.Path}", "--Nova:VncProxy2011:FlashPolicy=true", "--Nova:VncProxy2011:FlashPolicyPort=0", "--Nova:NoVnc:Enabled=false");
        var policy = await NovaBroker.AskAsync(asked.Listeners.Flash.EndPoint.Port, "<policy-file-request/>\0");
        policy.Should().Contain("<cross-domain-policy>").And.Contain("to-ports=\"0\"").And.EndWith("\0");
        (await NovaBroker.AskAsync(asked.Listeners.Flash.EndPoint.Port, "GET / HTTP/1.1\r\nHost: a\r\n\r\n")).Should().BeEmpty();
    }

    [Fact]
    public void VP_07_an_address_that_is_none_is_refused_at_the_start()
    {
        var building = () => BrokerHost.BuildForCommand(["--Nova:VncProxy2011:ConsoleProxyUrl=controller:6080"]);

        building.Should().Throw<SettingsException>().WithMessage("*ConsoleProxyUrl*controller:6080*");
    }

    [Fact]
    public void VP_01_07_the_flags_of_2011_are_this_brokers_settings()
    {
        var flags = new VncProxyFlags();
        var command = new RootCommand();
        flags.All.ToList().ForEach(command.Options.Add);
        var line = command.Parse("--vncproxy_host=127.0.0.1 --vncproxy_port 6090 --vncproxy_wwwroot=/srv/noVNC --vnc_console_proxy_url=http://a:6090 --vnc_token_ttl=120");

        line.Errors.Should().BeEmpty();
        flags.Read(line).Should().Equal(
            "--Nova:Enabled=true",
            "--Nova:NoVnc:Enabled=false",
            "--Nova:Spice:Enabled=false",
            "--Nova:Serial:Enabled=false",
            "--Nova:VncProxy2011:Enabled=true",
            "--Nova:VncProxy2011:Address=127.0.0.1",
            "--Nova:VncProxy2011:Port=6090",
            "--Nova:VncProxy2011:WwwRoot=/srv/noVNC",
            "--Nova:VncProxy2011:ConsoleProxyUrl=http://a:6090",
            "--Nova:VncProxy2011:TokenTtl=120");
        flags.Read(command.Parse("")).Should().BeEmpty();
        flags.Read(command.Parse("--vncproxy_port 6090 --vnc_enabled=False")).Should().Equal("--Nova:VncProxy2011:Port=6090");
    }
}
