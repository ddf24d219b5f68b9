using System.Net;
using Consoles.Broker.Browser;
using Consoles.Tests.Fakes;

namespace Consoles.Tests.Broker.Browser;

public sealed class PageFilesTests : IAsyncLifetime
{
    private TestBroker _broker = null!;
    private HttpClient _client = null!;

    public async Task InitializeAsync()
    {
        _broker = await TestBroker.StartAsync();
        _client = _broker.CreateClient();
    }

    public async Task DisposeAsync()
    {
        _client.Dispose();
        await _broker.DisposeAsync();
    }

    [Theory]
    [InlineData("/", "text/html; charset=utf-8")]
    [InlineData("/console", "text/html; charset=utf-8")]
    [InlineData("/certificates", "text/html; charset=utf-8")]
    public async Task A_page_is_served_and_asked_for_again_each_time(string path, string type)
    {
        using var answer = await _client.GetAsync(path);

        answer.StatusCode.Should().Be(HttpStatusCode.OK);
        answer.Content.Headers.ContentType!.ToString().Should().Be(type);
        answer.Headers.CacheControl!.NoCache.Should().BeTrue();
        answer.Headers.ETag!.IsWeak.Should().BeFalse();
    }

    [Fact]
    public async Task All_that_pages_load_is_served_under_a_path_that_never_changes_its_content()
    {
        foreach (var path in _broker.Get<PageFiles>().Paths.Where(path => path.StartsWith("/static/", StringComparison.Ordinal)))
        {
            using var answer = await _client.GetAsync(path);

            answer.StatusCode.Should().Be(HttpStatusCode.OK, because: path);
            answer.Headers.CacheControl!.ToString().Should().Contain("immutable", because: path);
            (await answer.Content.ReadAsByteArrayAsync()).Should().NotBeEmpty(because: path);
        }
    }

    [Fact]
    public async Task The_viewers_come_with_their_licences()
    {
        var page = await _client.GetStringAsync("/");
        var licences = page.Split('"').Where(part => part.Contains("LICENSE", StringComparison.Ordinal) || part.Contains("COPYING", StringComparison.Ordinal)).ToList();

        licences.Should().HaveCount(5);

        foreach (var (licence, words) in licences.Zip(["MPL", "Mozilla Public License", "LESSER GENERAL PUBLIC LICENSE", "GENERAL PUBLIC LICENSE", "Permission is hereby granted"]))
        {
            (await _client.GetStringAsync(licence)).Should().Contain(words, because: licence);
        }
    }

    [Fact]
    public async Task The_page_of_a_console_leads_to_the_licence_of_its_SPICE_viewer()
    {
        var page = await _client.GetStringAsync("/console");

        foreach (var licence in page.Split('"').Where(part => part.Contains("spice-html5/COPYING", StringComparison.Ordinal)))
        {
            (await _client.GetStringAsync(licence)).Should().Contain("GNU");
        }

        page.Should().Contain("spice-html5/COPYING.LESSER").And.Contain("spice-html5/COPYING\"");
    }

    [Fact]
    public async Task A_file_that_the_browser_has_is_not_sent_again()
    {
        using var first = await _client.GetAsync("/console");
        using var again = new HttpRequestMessage(HttpMethod.Get, "/console") { Headers = { IfNoneMatch = { first.Headers.ETag! } } };

        using var answer = await _client.SendAsync(again);

        answer.StatusCode.Should().Be(HttpStatusCode.NotModified);
        (await answer.Content.ReadAsByteArrayAsync()).Should().BeEmpty();
        answer.Headers.ETag.Should().Be(first.Headers.ETag);
    }

    [Fact]
    public async Task Every_file_forbids_all_that_the_pages_do_not_need()
    {
        foreach (var path in _broker.Get<PageFiles>().Paths)
        {
            using var answer = await _client.GetAsync(path);
            var policy = string.Concat(answer.Headers.GetValues("Content-Security-Policy"));

            policy.Should().StartWith("default-src 'none';").And.Contain("script-src 'self';").And.Contain("style-src 'self';");
            policy.Should().Contain("frame-ancestors 'none'").And.Contain("base-uri 'none'").And.NotContain("unsafe").And.NotContain("http");
            answer.Headers.GetValues("X-Content-Type-Options").Should().Equal("nosniff");
            answer.Headers.GetValues("Referrer-Policy").Should().Equal("no-referrer");
            answer.Headers.GetValues("Cross-Origin-Opener-Policy").Should().Equal("same-origin");
        }
    }

    [Fact]
    public void No_page_carries_script_or_style_of_its_own_or_loads_from_another_host()
    {
        var files = _broker.Get<PageFiles>();

        foreach (var path in (string[])["/", "/console"])
        {
            var page = System.Text.Encoding.UTF8.GetString(files.Find(path)!.Content.Span);

            page.Should().NotContain("<style").And.NotContain(" style=").And.NotContain("//").And.NotMatchRegex(" on[a-z]+=");
            page.Split("<script")[1..].Should().OnlyContain(script => script.StartsWith(" type=\"module\" src=\"/static/", StringComparison.Ordinal));
        }
    }

    [Theory]
    [InlineData("/..")]
    [InlineData("/../etc/passwd")]
    [InlineData("/%2e%2e/%2e%2e/etc/passwd")]
    [InlineData("/..%2f..%2fetc/passwd")]
    [InlineData("/static/..%5c..%5cappsettings.json")]
    [InlineData("/static/%2e%2e%2f%2e%2e%2fappsettings.json")]
    [InlineData("/static")]
    [InlineData("/static/")]
    [InlineData("/static//")]
    [InlineData("/pages/index.html")]
    [InlineData("/index.html")]
    [InlineData("/console/")]
    [InlineData("/Console")]
    [InlineData("/console.html")]
    [InlineData("/appsettings.json")]
    [InlineData("//example.org/")]
    [InlineData("//example.org/%2e%2e")]
    [InlineData("/\\example.org")]
    [InlineData("/%5cexample.org/")]
    [InlineData("//example.org/static/..")]
    [InlineData("/.%00./")]
    [InlineData("/static/%00")]
    public async Task A_path_that_is_not_a_files_is_refused_and_leads_nowhere(string path)
    {
        // As it stands: HttpClient would tidy the path up first.
        var answer = await RawHttp.AskAsync(_broker.People, $"GET {path} HTTP/1.1\r\nHost: {_broker.People.Authority}\r\nConnection: close\r\n\r\n");

        var status = int.Parse(answer.Split(' ')[1]);
        var tidied = path is "/.." or "//example.org/%2e%2e" or "//example.org/static/..";
        (status is 400 or 404 || (tidied && status == 200)).Should().BeTrue(because: answer);
        answer.Should().NotContain("Location:").And.NotContain("root:").And.NotContain("Index of");
    }

    [Fact]
    public async Task A_digest_that_is_not_the_present_one_is_not_found()
    {
        var path = _broker.Get<PageFiles>().Paths.First(path => path.EndsWith("/rfb.js", StringComparison.Ordinal));
        var other = string.Join('/', path.Split('/').Select((part, index) => index == 2 ? new string('0', part.Length) : part));

        using var answer = await _client.GetAsync(other);

        answer.StatusCode.Should().Be(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task The_head_of_a_file_says_its_length_and_sends_nothing()
    {
        using var answer = await _client.SendAsync(new HttpRequestMessage(HttpMethod.Head, "/console"));

        answer.Content.Headers.ContentLength.Should().BePositive();
        (await answer.Content.ReadAsByteArrayAsync()).Should().BeEmpty();
    }

    [Fact]
    public async Task Pages_cannot_be_posted_to()
    {
        using var answer = await _client.PostAsync("/", content: null);

        answer.StatusCode.Should().Be(HttpStatusCode.NotFound);
    }
}
