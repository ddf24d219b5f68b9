using System.Text;
using Consoles.Broker.Access;
using Consoles.Broker.Tokens;
using Consoles.Common.Inventory;
using Consoles.Tests.Fakes;

namespace Consoles.Tests.Broker.Nova.Api;

public sealed class ConsoleAuthTokensTests : IAsyncLifetime
{
    private readonly TestClock _clock = new();
    private NovaUnderTest _nova = null!;

    public async Task InitializeAsync() => _nova = await NovaUnderTest.StartAsync(_clock);

    public async Task DisposeAsync() => await _nova.DisposeAsync();

    [Fact]
    public async Task SP_8_a_token_of_spice_direct_leads_to_both_ports()
    {
        var url = (await _nova.CreateAsync("spice", "spice-direct", "2.99")).Url;
        url.Should().StartWith("http://127.0.0.1:13002/nova?token=");

        (await ShowAsync(NovaUnderTest.TokenOf(url), "2.99")).Body.Should().Be(
            $$$"""{"console":{"instance_uuid":"{{{NovaUnderTest.Id}}}","host":"127.0.0.1","port":5901,"internal_access_path":null,"tls_port":5902}}""");
    }

    [Fact]
    public async Task NV_9_the_path_before_a_console_is_told()
    {
        await using var nova = await NovaUnderTest.StartAsync(_clock, "--Routes:InternalAccessPaths:web1=/guests/web1", "--GuestTls:AllowPlain=true");
        var token = NovaUnderTest.TokenOf((await nova.CreateAsync("spice", "spice-html5")).Url);

        (await nova.GetAsync($"/v2.1/os-console-auth-tokens/{token}", "2.31")).Json.GetProperty("console").GetProperty("internal_access_path").GetString().Should().Be("/guests/web1");
    }

    [Theory]
    [InlineData(null, 400)]
    [InlineData("2.30", 400)]
    [InlineData("2.31", 200)]
    [InlineData("2.98", 200)]
    public async Task API_a_token_is_shown_from_2_31_and_its_TLS_port_from_2_99(string? version, int status)
    {
        var answer = await ShowAsync(await TokenAsync(), version);

        answer.Status.Should().Be(status);
        answer.Body.Should().NotContain("tls_port");
    }

    [Fact]
    public async Task API_from_2_99_there_may_be_no_arguments()
    {
        var token = await TokenAsync();

        (await ShowAsync($"{token}?x=1", "2.98")).Status.Should().Be(200);
        (await ShowAsync($"{token}?x=1", "2.99")).Status.Should().Be(400);
    }

    [Fact]
    public async Task API_only_administrators_are_shown_tokens()
    {
        var answer = await ShowAsync(await TokenAsync(), "2.31", _nova.Key(ApiRole.Operator));

        answer.Status.Should().Be(403);
        answer.Body.Should().Contain("os_compute_api:os-console-auth-tokens");
    }

    [Fact]
    public async Task CA_2_a_token_that_has_expired_or_never_was_is_not_found()
    {
        var token = await TokenAsync();

        _clock.Advance(TimeSpan.FromSeconds(599));
        _nova.Broker.Report(NovaUnderTest.Guest());
        (await ShowAsync(token)).Status.Should().Be(200);

        _clock.Advance(TimeSpan.FromSeconds(1));
        var answer = await ShowAsync(token);
        answer.Status.Should().Be(404);
        answer.Body.Should().Be("""{"itemNotFound":{"code":404,"message":"Token not found"}}""");
        (await ShowAsync(Guid.NewGuid().ToString())).Status.Should().Be(404);
    }

    [Fact]
    public async Task CA_3_a_port_that_is_another_guests_by_now_is_found_by_no_token()
    {
        var token = await TokenAsync();

        _nova.Broker.Report(
            NovaUnderTest.Guest(state: "shutoff"),
            NovaUnderTest.Guest(new Incarnation(new DomainId(Guid.NewGuid()), 2000, 4712), name: "web2"));

        (await ShowAsync(token)).Status.Should().Be(404);
    }

    [Fact]
    public async Task CA_4_a_guest_that_is_deleted_takes_its_tokens_along()
    {
        var tokens = new[] { await TokenAsync(), await TokenAsync() };

        _nova.Broker.Report(NovaUnderTest.Guest(new Incarnation(new DomainId(Guid.NewGuid()), 2000, 4712), name: "web2"));

        foreach (var token in tokens)
        {
            (await ShowAsync(token)).Status.Should().Be(404);
        }
    }

    [Fact]
    public async Task CA_5_many_ask_for_one_token_at_one_moment()
    {
        var token = await TokenAsync();

        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => ShowAsync(token)));

        answers.Should().OnlyContain(answer => answer.Status == 200);
    }

    [Fact]
    public async Task CA_8_the_store_alone_opens_nothing()
    {
        var token = await TokenAsync();

        foreach (var file in Directory.EnumerateFiles(_nova.Broker.StateDirectory, "*.db*"))
        {
            await using var stored = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            using var bytes = new MemoryStream();
            await stored.CopyToAsync(bytes);

            Encoding.Latin1.GetString(bytes.ToArray()).Should().NotContain(token);
            bytes.ToArray().AsSpan().IndexOf(System.Security.Cryptography.SHA256.HashData(Encoding.ASCII.GetBytes(token))).Should().Be(-1, because: "the digest is keyed");
        }
    }

    [Fact]
    public async Task CA_9_with_a_time_to_live_of_zero_a_token_is_never_good()
    {
        await using var nova = await NovaUnderTest.StartAsync(_clock, "--Nova:TokenTtl=0");
        var token = NovaUnderTest.TokenOf((await nova.CreateAsync("vnc", "novnc")).Url);

        (await nova.GetAsync($"/v2.1/os-console-auth-tokens/{token}", "2.31")).Status.Should().Be(404);
        nova.Broker.Get<ConsoleTokens>().Use(ConsoleToken.Parse(token)!, opens: true).Should().BeNull();
    }

    [Fact]
    public async Task CA_10_what_has_expired_is_removed_from_the_store()
    {
        await TokenAsync();
        _clock.Advance(TimeSpan.FromDays(2));
        _nova.Broker.Report(NovaUnderTest.Guest());
        await TokenAsync();

        _nova.Broker.Get<ConsoleTokens>().List(keyId: null, 10).Should().HaveCount(1);
    }

    private async Task<string> TokenAsync() => NovaUnderTest.TokenOf((await _nova.CreateAsync("vnc", "novnc")).Url);

    private Task<NovaAnswer> ShowAsync(string token, string? version = "2.31", string? key = null) => _nova.GetAsync($"/v2.1/os-console-auth-tokens/{token}", version, key);
}
