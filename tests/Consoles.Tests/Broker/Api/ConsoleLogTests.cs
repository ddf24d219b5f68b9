using System.Net;
using System.Text;
using Consoles.Broker.Access;
using Consoles.Broker.Nodes;
using Consoles.Common.Link;
using Consoles.Tests.Fakes;
using Microsoft.Extensions.DependencyInjection;

namespace Consoles.Tests.Broker.Api;

public sealed class ConsoleLogTests : IAsyncLifetime
{
    private readonly FakeAgentStreams _agents = new();
    private LiveBroker _broker = null!;

    public async Task InitializeAsync() => _broker = await LiveBroker.StartAsync(clock: null, builder => builder.Services.AddSingleton<IAgentStreams>(_agents));

    public async Task DisposeAsync()
    {
        await _broker.DisposeAsync();
        _agents.Dispose();
    }

    [Fact]
    public async Task What_the_console_showed_is_text_that_no_browser_takes_for_a_page()
    {
        Shows("<script>alert(1)</script>\r\n\u001b[31mred\u001b[0m\u0007\r\nlogin: "u8.ToArray());

        using var answer = await GetAsync();

        (await answer.Content.ReadAsStringAsync()).Should().Be("<script>alert(1)</script>\r\n\u001b[31mred\u001b[0m\u0007\r\nlogin: ");
        answer.Content.Headers.ContentType!.ToString().Should().Be("text/plain; charset=utf-8");
        answer.Content.Headers.ContentDisposition!.ToString().Should().Contain("attachment").And.Contain("web1-serial0.txt");
        answer.Headers.GetValues("X-Content-Type-Options").Should().Equal("nosniff");
        answer.Headers.CacheControl!.NoStore.Should().BeTrue();
        _agents.Asked.Single().Should().Be(("node1", LiveBroker.Run, (StreamSource)new SerialPastSource("serial0", 64 * 1024)));
    }

    [Theory]
    [InlineData("", 65536)]
    [InlineData("?bytes=10", 10)]
    [InlineData("?bytes=1048576", 1048576)]
    [InlineData("?lines=5", 1048576)]
    [InlineData("?lines=5&bytes=100", 100)]
    public async Task No_more_is_asked_of_the_agent_than_is_wanted(string query, int bytes)
    {
        Shows([]);

        using var answer = await GetAsync(query);

        answer.StatusCode.Should().Be(HttpStatusCode.OK);
        (await answer.Content.ReadAsByteArrayAsync()).Should().BeEmpty();
        ((SerialPastSource)_agents.Asked.Single().Source).MaxBytes.Should().Be(bytes);
    }

    [Theory]
    [InlineData("one\r\ntwo\r\nthree\r\n", 2, "two\r\nthree\r\n")]
    [InlineData("one\r\ntwo\r\nthree", 2, "two\r\nthree")]
    [InlineData("one\r\ntwo\r\nthree", 1, "three")]
    [InlineData("one\r\n\r\n", 1, "\r\n")]
    [InlineData("one\r\n", 1, "one\r\n")]
    [InlineData("one\r\ntwo", 99, "one\r\ntwo")]
    [InlineData("\n", 1, "\n")]
    [InlineData("", 1, "")]
    public async Task The_last_lines_are_counted_from_the_end(string shown, int lines, string expected)
    {
        Shows(Encoding.UTF8.GetBytes(shown));

        using var answer = await GetAsync($"?lines={lines}");

        (await answer.Content.ReadAsStringAsync()).Should().Be(expected);
    }

    [Fact]
    public async Task What_is_no_UTF8_is_replaced_and_a_character_torn_at_the_beginning_is_left_out()
    {
        Shows([0x82, 0xac, .. "a€"u8, 0xff, 0x00, .. "b"u8, 0xe2, 0x82]);

        using var answer = await GetAsync();

        (await answer.Content.ReadAsStringAsync()).Should().Be("a€\ufffd\0b\ufffd");
    }

    [Fact]
    public async Task An_agent_that_sends_more_than_it_was_asked_for_is_not_heard_to_the_end()
    {
        Shows(Encoding.ASCII.GetBytes(new string('x', 100_000)));

        using var answer = await GetAsync("?bytes=10");

        (await answer.Content.ReadAsStringAsync()).Should().Be("xxxxxxxxxx");
    }

    [Theory]
    [InlineData("?bytes=0", 400, "bad-request")]
    [InlineData("?bytes=-1", 400, "bad-request")]
    [InlineData("?bytes=1048577", 400, "bad-request")]
    [InlineData("?bytes=x", 400, "bad-request")]
    [InlineData("?bytes=99999999999", 400, "bad-request")]
    [InlineData("?lines=0", 400, "bad-request")]
    [InlineData("?lines=100001", 400, "bad-request")]
    [InlineData("?console=vnc0", 404, "not-found")]
    [InlineData("?console=serial1", 404, "not-found")]
    [InlineData("?console=../../etc", 404, "not-found")]
    public async Task What_cannot_be_asked_is_refused_without_asking_the_agent(string query, int status, string type)
    {
        using var answer = await GetAsync(query);

        await ProblemAnswer.ShouldBeAsync(answer, status, type);
        _agents.Asked.Should().BeEmpty();
    }

    [Theory]
    [InlineData("no-such-run", 409, "console-not-openable")]
    [InlineData("no-such-console", 409, "console-not-openable")]
    [InlineData("held", 409, "console-not-openable")]
    [InlineData("failed", 503, "agent-away")]
    [InlineData("too-many", 503, "agent-away")]
    public async Task Why_the_agent_does_not_is_said(string fault, int status, string type)
    {
        _agents.Refusal = new AgentStreamException(Enum.Parse<StreamFault>(fault.Replace("-", "", StringComparison.Ordinal), ignoreCase: true), "Because of the weather.");

        using var answer = await GetAsync();

        (await ProblemAnswer.ShouldBeAsync(answer, status, type)).GetProperty("detail").GetString().Should().Be("Because of the weather.");
    }

    [Fact]
    public async Task A_domain_that_does_not_run_has_none()
    {
        _broker.Report(LiveBroker.GuestReport(running: false) with { Consoles = LiveBroker.GuestReport().Consoles });

        using var answer = await GetAsync();

        await ProblemAnswer.ShouldBeAsync(answer, 409, "domain-not-running");
    }

    [Fact]
    public async Task Whoever_may_look_at_the_console_may_read_it_and_nobody_else()
    {
        Shows("shown"u8.ToArray());
        using var viewer = _broker.ClientAs(ApiRole.Viewer);

        (await viewer.GetStringAsync("/v1/domains/web1/console-log")).Should().Be("shown");
        using var nobody = await _broker.Http.GetAsync("/v1/domains/web1/console-log");
        nobody.StatusCode.Should().Be(HttpStatusCode.Unauthorized);
    }

    private void Shows(byte[] bytes) => _agents.Script = async (stream, _) =>
    {
        await stream.WriteAsync(bytes);
        await stream.DisposeAsync();
    };

    private Task<HttpResponseMessage> GetAsync(string query = "") => _broker.Admin.GetAsync($"/v1/domains/web1/console-log{query}");
}
