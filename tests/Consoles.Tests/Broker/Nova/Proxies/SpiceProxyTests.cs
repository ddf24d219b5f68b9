using System.Net.WebSockets;
using Consoles.Broker.Sessions;
using Consoles.Broker.Sessions.Spice;
using Consoles.Common.Inventory;
using Consoles.Tests.Fakes;
using Microsoft.Extensions.DependencyInjection;

namespace Consoles.Tests.Broker.Nova.Proxies;

/// <summary>nova-spicehtml5proxy: several WebSockets by one token.</summary>
public sealed class SpiceProxyTests : IAsyncLifetime
{
    private readonly FakeSpiceServer _server = new();
    private readonly TestPki _pki = new();
    private readonly TestClock _clock = new();
    private NovaBroker _nova = null!;

    public async Task InitializeAsync()
    {
        _nova = await NovaBroker.StartAsync(_clock, builder => builder.Services.AddSingleton<IGuestConnector>(SpiceTargets.Connector(_pki.Trust(), clock: _clock)));
        _nova.Report(spicePort: _server.Port);
    }

    public async Task DisposeAsync()
    {
        await _nova.DisposeAsync();
        await _server.DisposeAsync();
        _pki.Dispose();
    }

    [Fact]
    public async Task SP_02_all_channels_are_admitted_with_the_cookies_one_token()
    {
        var token = _nova.Token(ConsoleKind.Spice);
        using var main = await OpenAsync(token);
        await main.LinkAsync(SpiceChannelType.Main, 0);
        var session = await main.Viewer.SessionAsync(SpicePage.Limit);
        using var display = await OpenAsync(token);
        await display.LinkAsync(SpiceChannelType.Display, session);
        using var inputs = await OpenAsync(token);
        await inputs.LinkAsync(SpiceChannelType.Inputs, session);

        await _server.NextAsync(SpiceChannelType.Main);
        var screen = await _server.NextAsync(SpiceChannelType.Display);
        await screen.WriteAsync(SpiceSamples.Message(304, "pixels"u8), SpicePage.Limit);
        (await display.Viewer.ReceiveAsync(304, SpicePage.Limit)).Should().Equal("pixels"u8.ToArray());
        _nova.Live.Sessions.Sessions.Should().ContainSingle();
    }

    [Fact]
    public async Task SP_02_the_page_opened_again_is_a_new_session_and_takes_over()
    {
        var token = _nova.Token(ConsoleKind.Spice);
        using var first = await OpenAsync(token);
        await first.LinkAsync(SpiceChannelType.Main, 0);

        // The first is over only when it has begun: by its first message.
        await first.Viewer.SessionAsync(SpicePage.Limit);
        using var again = await OpenAsync(token);
        await again.LinkAsync(SpiceChannelType.Main, 0);
        var session = await again.Viewer.SessionAsync(SpicePage.Limit);
        await Eventually.TrueAsync(() => _nova.Live.Sessions.Sessions.Count(session => session.Ending is null) == 1);

        using var display = await OpenAsync(token);
        await display.LinkAsync(SpiceChannelType.Display, session);
    }

    [Fact]
    public async Task SP_02_a_channel_comes_in_after_the_tokens_end_as_long_as_its_session_lasts()
    {
        var token = _nova.Token(ConsoleKind.Spice, TimeSpan.FromMinutes(10));
        using var main = await OpenAsync(token);
        await main.LinkAsync(SpiceChannelType.Main, 0);
        var session = await main.Viewer.SessionAsync(SpicePage.Limit);

        _clock.Advance(TimeSpan.FromMinutes(10));
        _nova.Live.Get<Consoles.Broker.Tokens.ConsoleTokens>().Use(Consoles.Broker.Tokens.ConsoleToken.Parse(token)!, opens: false).Should().BeNull();
        using var display = await OpenAsync(token);
        await display.LinkAsync(SpiceChannelType.Display, session);

        // A first channel would be a session of its own, for which the token is not good any more.
        using var late = await OpenAsync(token);
        await late.Viewer.Stream.WriteAsync(SpiceLink.Write(SpiceSamples.Link()), SpicePage.Limit);
        (await late.ClosedAsync()).Should().Be(4001);
    }

    [Theory]
    [InlineData("Display", 7u)]
    [InlineData("Display", 0u)]
    [InlineData("Main", 7u)]
    public async Task SP_02_a_channel_that_belongs_to_no_session_begins_none_and_ends_nobodys(string type, uint session)
    {
        using var main = await OpenAsync(_nova.Token(ConsoleKind.Spice));
        await main.LinkAsync(SpiceChannelType.Main, 0);
        await _server.NextAsync(SpiceChannelType.Main);

        using var stray = await OpenAsync(_nova.Token(ConsoleKind.Spice));
        await stray.Viewer.Stream.WriteAsync(SpiceLink.Write(SpiceSamples.Link(Enum.Parse<SpiceChannelType>(type), session)), SpicePage.Limit);

        (await stray.ClosedAsync()).Should().BeOneOf(4001, 1002);
        _nova.Live.Sessions.Sessions.Should().ContainSingle().Which.Ending.Should().BeNull();
    }

    private async Task<Channel> OpenAsync(string token)
    {
        var socket = new ClientWebSocket();
        socket.Options.SetRequestHeader("Cookie", $"token={token}");
        socket.Options.SetRequestHeader("Origin", $"http://127.0.0.1:{_nova.Spice}");
        socket.Options.AddSubProtocol("binary");
        await socket.ConnectAsync(new Uri($"ws://127.0.0.1:{_nova.Spice}/websockify"), SpicePage.Limit);
        return new Channel(socket);
    }

    private sealed class Channel(ClientWebSocket socket) : IDisposable
    {
        public SpiceViewer Viewer { get; } = new(WebSocketStream.Create(socket, WebSocketMessageType.Binary));

        public Task<SpiceLinkReply> LinkAsync(SpiceChannelType type, uint session) => Viewer.LinkAsync(SpiceSamples.Link(type, session), SpicePage.Limit);

        public async Task<int> ClosedAsync()
        {
            var buffer = new byte[4096];

            while (await Viewer.Stream.ReadAsync(buffer, SpicePage.Limit) > 0)
            {
            }

            return (int)socket.CloseStatus!;
        }

        public void Dispose() => socket.Dispose();
    }
}
