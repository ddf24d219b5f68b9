using System.Net;
using System.Net.Http.Json;
using Consoles.Broker.Access;
using Consoles.Broker.Nodes;
using Consoles.Broker.Tokens;
using Consoles.Common.Inventory;
using Consoles.Tests.Fakes;
using Microsoft.Extensions.DependencyInjection;

namespace Consoles.Tests.Broker.Api;

/// <summary>A console's page types with what opened its console, and with nothing else.</summary>
public sealed class SessionKeysTests : IAsyncLifetime
{
    private readonly FakeKeys _keys = new();
    private LiveBroker _broker = null!;

    public async Task InitializeAsync() => _broker = await LiveBroker.StartAsync(clock: null, builder => builder.Services.AddSingleton<IAgentKeys>(_keys), "--Access:FailureLimit=1000");

    public async Task DisposeAsync() => await _broker.DisposeAsync();

    [Fact]
    public async Task A_page_types_into_the_guest_whose_console_it_shows_until_that_is_closed()
    {
        var ticket = await _broker.RedeemAsync();
        using var early = await TypeAsync(ticket);
        await ProblemAnswer.ShouldBeAsync(early, 403, "token-refused");

        using (var viewer = await RawWebSocket.ConnectAsync(_broker, ticket))
        {
            using var guest = await _broker.Guests.NextAsync();
            using var typed = await TypeAsync(ticket);
            typed.StatusCode.Should().Be(HttpStatusCode.OK, because: await typed.Content.ReadAsStringAsync());
            _keys.Pressed.Should().HaveCount(2).And.OnlyContain(pressed => pressed.Run == LiveBroker.Run && pressed.Node == "node1");
            _broker.Logs.Lines.Should().ContainSingle(line => line.Contains($"ada typed 2 of 2 characters into web1 ({LiveBroker.Guest}), by session", StringComparison.Ordinal));
        }

        await Eventually.TrueAsync(() => _broker.Sessions.Sessions.Count == 0);
        using var late = await TypeAsync(ticket);
        await ProblemAnswer.ShouldBeAsync(late, 403, "token-refused");
    }

    [Fact]
    public async Task A_page_that_may_only_look_types_nothing()
    {
        var ticket = await _broker.RedeemAsync(_broker.IssueToken(rights: ConsoleRights.View));
        using var viewer = await RawWebSocket.ConnectAsync(_broker, ticket);
        using var guest = await _broker.Guests.NextAsync();

        using var answer = await TypeAsync(ticket);

        await ProblemAnswer.ShouldBeAsync(answer, 403, "not-allowed");
        _keys.Pressed.Should().BeEmpty();
    }

    [Fact]
    public async Task A_page_of_a_serial_console_types_nothing_at_the_keyboard()
    {
        var wish = new ConsoleWish(new Caller("ada", _broker.AdminKey.Id, ApiRole.Admin), LiveBroker.Run, "web1", "serial0", ConsoleKind.Serial, ConsoleRights.Control, Lifetime: null);
        var ticket = await _broker.RedeemAsync(_broker.Get<ConsoleTokens>().Issue(wish).Token.Reveal());
        using var viewer = await RawWebSocket.ConnectAsync(_broker, ticket);
        using var guest = await _broker.Guests.NextAsync();

        using var answer = await TypeAsync(ticket);

        await ProblemAnswer.ShouldBeAsync(answer, 403, "not-allowed");
        _keys.Pressed.Should().BeEmpty();
    }

    [Fact]
    public async Task Another_page_browser_or_run_types_nothing()
    {
        var ticket = await _broker.RedeemAsync();
        using var viewer = await RawWebSocket.ConnectAsync(_broker, ticket);
        using var guest = await _broker.Guests.NextAsync();
        var other = await _broker.RedeemAsync();

        using var browser = await TypeAsync(ticket with { Cookie = other.Cookie });
        await ProblemAnswer.ShouldBeAsync(browser, 403, "token-refused");
        using var page = await TypeAsync(ticket, origin: "https://elsewhere.example");
        await ProblemAnswer.ShouldBeAsync(page, 403, "other-origin");
        using var used = await _broker.Http.SendAsync(Request(ticket with { Secret = "" }, _broker.Origin));
        await ProblemAnswer.ShouldBeAsync(used, 403, "token-refused");
        _keys.Pressed.Should().BeEmpty();
    }

    private Task<HttpResponseMessage> TypeAsync(LiveBroker.Ticket ticket, string? origin = null) => _broker.Http.SendAsync(Request(ticket, origin ?? _broker.Origin));

    private static HttpRequestMessage Request(LiveBroker.Ticket ticket, string origin)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, "/v1/keys") { Content = JsonContent.Create(new { ticket = ticket.Secret, text = "ab", layout = "us" }) };
        request.Headers.Add("Origin", origin);
        request.Headers.Add("X-Consoles", "1");
        request.Headers.Add("Cookie", $"consoles={ticket.Cookie}");
        return request;
    }
}
