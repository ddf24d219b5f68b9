using System.Net;
using Consoles.Broker.Access;
using Consoles.Broker.Api;
using Consoles.Broker.Nodes;
using Consoles.Common.Inventory;
using Consoles.Common.Link;
using Consoles.Tests.Fakes;
using Microsoft.Extensions.DependencyInjection;

namespace Consoles.Tests.Broker.Api;

public sealed class ScreenshotsTests : IAsyncLifetime
{
    private const string Path = "/v1/domains/web1/screenshot";

    // How a file begins and ends is what is looked at.
    private static readonly byte[] Png = [0x89, .. "PNG\r\n"u8, 0x1a, (byte)'\n', 1, 2, 3, 0, 0, 0, 0, .. "IEND"u8, 0xae, 0x42, 0x60, 0x82];

    private readonly FakeStreams _streams = new();
    private readonly TestClock _clock = new();
    private LiveBroker _broker = null!;

    public async Task InitializeAsync()
    {
        _streams.Answer = _ => new MemoryStream(Png);
        _broker = await LiveBroker.StartAsync(_clock, builder => builder.Services.AddSingleton<IAgentStreams>(_streams));
    }

    public async Task DisposeAsync() => await _broker.DisposeAsync();

    [Fact]
    public async Task A_viewer_sees_the_present_runs_screen()
    {
        using var viewer = _broker.ClientAs(ApiRole.Viewer);
        using var answer = await viewer.GetAsync(Path);

        answer.StatusCode.Should().Be(HttpStatusCode.OK, because: await answer.Content.ReadAsStringAsync());
        (await answer.Content.ReadAsByteArrayAsync()).Should().Equal(Png);
        answer.Content.Headers.ContentType!.MediaType.Should().Be("image/png");
        answer.Content.Headers.ContentDisposition!.DispositionType.Should().Be("inline");
        answer.Headers.GetValues("X-Content-Type-Options").Should().Equal("nosniff");
        answer.Headers.CacheControl!.NoStore.Should().BeTrue();
        _streams.Asked.Should().ContainSingle().Which.Should().Be(("node1", LiveBroker.Run, new ScreenshotSource(0)));
    }

    [Fact]
    public async Task Whoever_asks_within_two_seconds_shares_one_picture()
    {
        var release = new TaskCompletionSource();
        _streams.Before = () => release.Task;
        var asking = Enumerable.Range(0, 20).Select(_ => _broker.Admin.GetAsync(Path)).ToList();
        await Eventually.TrueAsync(() => _streams.Asked.Count == 1);
        release.SetResult();

        (await Task.WhenAll(asking)).Should().OnlyContain(answer => answer.StatusCode == HttpStatusCode.OK);
        (await _broker.Admin.GetAsync(Path)).StatusCode.Should().Be(HttpStatusCode.OK);
        _streams.Asked.Should().HaveCount(1);

        // A picture's two seconds begin a moment after it was given out.
        await Eventually.TrueAsync(async () =>
        {
            _clock.Advance(Screenshots.Fresh);
            (await _broker.Admin.GetAsync(Path)).StatusCode.Should().Be(HttpStatusCode.OK);
            return _streams.Asked.Count > 1;
        });
        _streams.Asked.Should().HaveCount(2);
    }

    [Fact]
    public async Task A_node_that_does_not_answer_stops_no_other_nodes_pictures_and_each_has_its_own_time()
    {
        _streams.Stalled = "node1";
        var shots = _broker.Get<Screenshots>();
        var stalled = Enumerable.Range(1, 40).Select(n => shots.GetAsync("node1", Another(n), 0, CancellationToken.None)).ToList();
        await Eventually.TrueAsync(() => _streams.Asked.Count == Screenshots.MaxOfNode);

        (await shots.GetAsync("node2", Another(41), 0, CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(60))).Content.ToArray().Should().Equal(Png);
        _streams.Asked.Count(asked => asked.Node == "node1").Should().Be(Screenshots.MaxOfNode);

        // The first two have had their time, and those that come after them have it from now on.
        _clock.Advance(TimeSpan.FromSeconds(15));
        await Eventually.TrueAsync(() => _streams.Asked.Count(asked => asked.Node == "node1") == 2 * Screenshots.MaxOfNode);
        await Eventually.TrueAsync(() => stalled.Count(picture => picture.IsFaulted) == Screenshots.MaxOfNode);
        _clock.Advance(TimeSpan.FromSeconds(14));
        stalled.Count(picture => picture.IsFaulted).Should().Be(Screenshots.MaxOfNode);
        _streams.Stalled = null;

        // The others have waited long enough, or are taken now.
        _clock.Advance(TimeSpan.FromSeconds(1));
        await Eventually.TrueAsync(() => stalled.TrueForAll(picture => picture.IsCompleted));
        stalled.SelectMany(picture => picture.Exception?.InnerExceptions ?? []).Should().AllBeOfType<AgentStreamException>();
    }

    [Fact]
    public async Task A_picture_that_there_is_no_room_for_is_taken_no_more_often_than_others()
    {
        _streams.Answer = _ => new MemoryStream([.. "P6\n"u8, .. new byte[Screenshots.MaxKept * 2 / 5]]);
        var shots = _broker.Get<Screenshots>();

        for (var n = 1; n <= 3; n++)
        {
            await shots.GetAsync("node1", Another(n), 0, CancellationToken.None);
            await Eventually.TrueAsync(() => shots.Kept >= Math.Min(n, 2) * (Screenshots.MaxKept * 2 / 5));
        }

        await Eventually.TrueAsync(() => !shots.GetAsync("node1", Another(3), 0, CancellationToken.None).IsCompleted);
        var again = Enumerable.Range(0, 20).Select(_ => shots.GetAsync("node1", Another(3), 0, CancellationToken.None)).ToList();
        await FluentActions.Awaiting(() => Task.WhenAny(again).WaitAsync(TimeSpan.FromMilliseconds(500))).Should().ThrowAsync<TimeoutException>(because: "the clock stands still");
        shots.Kept.Should().BeLessThanOrEqualTo(Screenshots.MaxKept);
        _streams.Asked.Should().HaveCount(3);

        await Eventually.TrueAsync(() =>
        {
            if (_streams.Asked.Count == 3)
            {
                _clock.Advance(Screenshots.Fresh);
            }

            return again.TrueForAll(picture => picture.IsCompletedSuccessfully);
        });
        _streams.Asked.Should().HaveCount(4);
    }

    [Theory]
    [InlineData("a page")]
    [InlineData("nothing")]
    [InlineData("a part")]
    [InlineData("too much")]
    public async Task What_is_no_whole_picture_or_too_large_is_not_shown(string what)
    {
        _streams.Answer = _ => new MemoryStream(what switch
        {
            "a page" => "<html><script>alert(1)</script>"u8.ToArray(),
            "nothing" => [],
            "a part" => Png[..^1],
            _ => [.. Png[..^12], .. new byte[Screenshots.MaxBytes], .. Png[^12..]],
        });

        using var answer = await _broker.Admin.GetAsync(Path);

        await ProblemAnswer.ShouldBeAsync(answer, 502, "agent-failed");
    }

    [Theory]
    [InlineData(StreamFault.Failed, 502, "agent-failed")]
    [InlineData(StreamFault.NoSuchRun, 409, "domain-not-running")]
    [InlineData(StreamFault.NoSuchConsole, 404, "not-found")]
    [InlineData(StreamFault.TooMany, 503, "agent-away")]
    public async Task Why_there_is_no_picture_is_said(StreamFault fault, int status, string type)
    {
        _streams.Answer = _ => throw new AgentStreamException(fault, "No.");

        using var answer = await _broker.Admin.GetAsync(Path);

        await ProblemAnswer.ShouldBeAsync(answer, status, type);
    }

    [Fact]
    public async Task A_domain_that_is_unknown_or_does_not_run_has_no_picture()
    {
        using var unknown = await _broker.Admin.GetAsync("/v1/domains/web2/screenshot");
        await ProblemAnswer.ShouldBeAsync(unknown, 404, "not-found");
        using var screen = await _broker.Admin.GetAsync(Path + "?screen=99");
        await ProblemAnswer.ShouldBeAsync(screen, 404, "not-found");
        _broker.Report(LiveBroker.GuestReport(running: false));
        using var off = await _broker.Admin.GetAsync(Path);
        await ProblemAnswer.ShouldBeAsync(off, 409, "domain-not-running");
        _streams.Asked.Should().BeEmpty();
    }

    [Fact]
    public async Task Without_its_agent_a_node_has_no_pictures()
    {
        _streams.IsAway = true;
        using var answer = await _broker.Admin.GetAsync(Path);
        await ProblemAnswer.ShouldBeAsync(answer, 503, "agent-away");
    }

    private static Incarnation Another(int number) => LiveBroker.Run with { Domain = DomainId.Parse($"00000000-0000-0000-0000-{number:d12}", null) };
}
