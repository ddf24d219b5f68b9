using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Consoles.Broker.Access;
using Consoles.Broker.Nodes;
using Consoles.Tests.Fakes;
using Microsoft.Extensions.DependencyInjection;

namespace Consoles.Tests.Broker.Api;

public sealed class KeysApiTests : IAsyncLifetime
{
    private const string Path = "/v1/domains/web1/keys";

    private readonly FakeKeys _keys = new();
    private LiveBroker _broker = null!;

    public async Task InitializeAsync() => _broker = await LiveBroker.StartAsync(clock: null, builder => builder.Services.AddSingleton<IAgentKeys>(_keys));

    public async Task DisposeAsync() => await _broker.DisposeAsync();

    [Fact]
    public async Task A_text_is_typed_into_the_domains_present_run_and_is_in_no_log()
    {
        using var answer = await Post("""{"text":"Geheim-{ä}\n","layout":"de"}""");

        answer.StatusCode.Should().Be(HttpStatusCode.OK, because: await answer.Content.ReadAsStringAsync());
        (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("typed").GetInt32().Should().Be(11);
        _keys.Pressed.Should().HaveCount(11).And.OnlyContain(pressed => pressed.Node == "node1" && pressed.Run == LiveBroker.Run);
        _keys.Pressed.First().Keys.Should().Equal(42, 34);
        _broker.Logs.Lines.Should().ContainSingle(line => line.Contains("ada typed 11 of 11 characters into web1", StringComparison.Ordinal));
        _broker.Logs.Lines.Should().NotContain(line => line.Contains("Geheim", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Keys_are_pressed_together()
    {
        using var answer = await Post("""{"keys":["KEY_LEFTCTRL","KEY_LEFTALT","KEY_DELETE"]}""");

        answer.StatusCode.Should().Be(HttpStatusCode.OK);
        _keys.Pressed.Single().Keys.Should().Equal(29, 56, 111);
    }

    [Fact]
    public async Task A_character_that_cannot_be_typed_is_named_with_its_position_and_nothing_is_typed()
    {
        using var answer = await Post("""{"text":"ab😀cж","layout":"us"}""");

        var problem = await ProblemAnswer.ShouldBeAsync(answer, 400, "untypable");
        problem.GetProperty("position").GetInt32().Should().Be(3);
        problem.GetProperty("refused").EnumerateArray().Select(refused => (refused.GetProperty("position").GetInt32(), refused.GetProperty("character").GetString()))
            .Should().Equal((3, "U+1F600"), (5, "U+0436"));
        problem.GetProperty("detail").GetString().Should().Be("Character 3 of the text, '😀' (U+1F600), cannot be typed with layout us. Nothing was typed. 1 more cannot be typed either.");
        _keys.Pressed.Should().BeEmpty();
    }

    [Theory]
    [InlineData("{}", 400, "bad-request")]
    [InlineData("""{"text":"a"}""", 400, "bad-request")]
    [InlineData("""{"text":"a","layout":"xx"}""", 400, "bad-request")]
    [InlineData("""{"text":"","layout":"us"}""", 400, "bad-request")]
    [InlineData("""{"text":"a","layout":"us","keys":["KEY_A"]}""", 400, "bad-request")]
    [InlineData("""{"text":"\ud83d","layout":"us"}""", 400, "bad-request")]
    [InlineData("""{"text":"a","layout":"us","host":"192.0.2.1"}""", 400, "bad-request")]
    [InlineData("""{"keys":[]}""", 400, "bad-request")]
    [InlineData("""{"keys":[null]}""", 400, "bad-request")]
    [InlineData("""{"keys":["KEY_A","KEY_A"]}""", 400, "bad-request")]
    [InlineData("""{"keys":["KEY_NOWHERE"]}""", 400, "bad-request")]
    [InlineData("""{"text":"a\u001b","layout":"us"}""", 400, "untypable")]
    public async Task A_wrong_request_types_nothing(string body, int status, string type)
    {
        using var answer = await Post(body);

        await ProblemAnswer.ShouldBeAsync(answer, status, type);
        _keys.Pressed.Should().BeEmpty();
    }

    [Fact]
    public async Task A_text_has_4096_characters_at_most_whatever_they_are()
    {
        using var longest = await Post(JsonSerializer.Serialize(new { text = new string('a', 4096), layout = "us" }));
        longest.StatusCode.Should().Be(HttpStatusCode.OK);
        using var longer = await Post(JsonSerializer.Serialize(new { text = new string('a', 4097), layout = "us" }));
        await ProblemAnswer.ShouldBeAsync(longer, 400, "bad-request");
        _keys.Pressed.Should().HaveCount(4096);
    }

    [Fact]
    public async Task Only_operators_type()
    {
        using var viewer = _broker.ClientAs(ApiRole.Viewer);
        using var looked = await Post("""{"text":"a","layout":"us"}""", viewer);
        await ProblemAnswer.ShouldBeAsync(looked, 403, "not-allowed");
        using var stranger = await Post("""{"text":"a","layout":"us"}""", _broker.Http);
        await ProblemAnswer.ShouldBeAsync(stranger, 401, "not-authenticated");
        using var operate = _broker.ClientAs(ApiRole.Operator, "carl");
        using var typed = await Post("""{"text":"a","layout":"us"}""", operate);
        typed.StatusCode.Should().Be(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_domain_that_does_not_run_or_is_unknown_takes_no_keys()
    {
        using var unknown = await _broker.Admin.PostAsync("/v1/domains/web2/keys", Json("""{"text":"a","layout":"us"}"""));
        await ProblemAnswer.ShouldBeAsync(unknown, 404, "not-found");

        _broker.Report(LiveBroker.GuestReport(running: false));
        using var off = await Post("""{"text":"a","layout":"us"}""");
        await ProblemAnswer.ShouldBeAsync(off, 409, "domain-not-running");

        _broker.Report(LiveBroker.GuestReport() with { State = "paused" });
        using var paused = await Post("""{"text":"a","layout":"us"}""");
        await ProblemAnswer.ShouldBeAsync(paused, 409, "domain-not-running");
    }

    [Fact]
    public async Task Two_texts_are_never_typed_into_one_domain_at_a_time()
    {
        var release = new TaskCompletionSource();
        var begun = new TaskCompletionSource();
        _keys.Before = _ =>
        {
            begun.TrySetResult();
            return release.Task;
        };
        var first = Post("""{"text":"first","layout":"us"}""");
        await begun.Task.WaitAsync(TimeSpan.FromSeconds(60));

        using var second = await Post("""{"text":"second","layout":"us"}""");
        await ProblemAnswer.ShouldBeAsync(second, 409, "typing-busy");

        release.SetResult();
        (await first).StatusCode.Should().Be(HttpStatusCode.OK);
        using var third = await Post("""{"text":"third","layout":"us"}""");
        third.StatusCode.Should().Be(HttpStatusCode.OK);
        _keys.Pressed.Should().HaveCount(10);
    }

    [Theory]
    [InlineData(0, 503, "agent-away")]
    [InlineData(1, 502, "agent-failed")]
    [InlineData(2, 504, "agent-late")]
    public async Task An_agent_that_stops_half_way_leaves_it_known_how_far_it_came(int fault, int status, string type)
    {
        var pieces = 0;
        _keys.Before = _ => ++pieces == 1 ? Task.CompletedTask : throw new AgentKeysException((AgentKeysFault)fault, "The agent stopped.", sent: 3);

        using var answer = await Post(JsonSerializer.Serialize(new { text = new string('^', 40), layout = "de" }));

        // Each takes two strokes, and 35 were made.
        var problem = await ProblemAnswer.ShouldBeAsync(answer, status, type);
        problem.GetProperty("typed").GetInt32().Should().Be(17);
        _broker.Logs.Lines.Should().ContainSingle(line => line.Contains("typed 17 of 40 characters", StringComparison.Ordinal));
    }

    private Task<HttpResponseMessage> Post(string body, HttpClient? client = null) => (client ?? _broker.Admin).PostAsync(Path, Json(body));

    private static StringContent Json(string body) => new(body, Encoding.UTF8, "application/json");
}
