using System.Net.Sockets;
using System.Text;
using Consoles.Broker;
using Consoles.Broker.Hosting;
using Consoles.Broker.Nova.Api;
using Consoles.Tests.Fakes;

namespace Consoles.Tests.Broker.Nova.Api;

public sealed class KeystoneTests : IAsyncLifetime
{
    private readonly TestClock _clock = new();
    private FakeKeystone _keystone = null!;
    private NovaUnderTest _nova = null!;

    public async Task InitializeAsync()
    {
        _keystone = await FakeKeystone.StartAsync();
        _nova = await StartAsync($"--Nova:Keystone:CaFile={_keystone.CaFile}");
    }

    public async Task DisposeAsync()
    {
        await _nova.DisposeAsync();
        await _keystone.DisposeAsync();
    }

    [Theory]
    [InlineData("admin", 200, 200)]
    [InlineData("Member", 200, 200)]
    [InlineData("reader", 200, 403)]
    [InlineData("auditor", 403, 403)]
    public async Task API_a_token_of_Keystones_may_do_what_its_roles_stand_for(string role, int list, int console)
    {
        _keystone.Tokens["good"] = [role];

        (await _nova.GetAsync("/v2.1/servers", token: "good")).Status.Should().Be(list);
        (await _nova.CreateAsync("vnc", "novnc", token: "good")).Status.Should().Be(console);
        (await _nova.GetAsync("/v2.1/0123456789abcdef0123456789abcdef/servers", token: "good")).Status.Should().Be(list);
        (await _nova.GetAsync("/v2.1/servers?all_tenants=1", token: "good")).Status.Should().Be(role == "admin" ? 200 : 403);
    }

    [Theory]
    [InlineData("admin", 403)]
    [InlineData("operator_of_guests", 200)]
    public async Task API_roles_that_are_said_replace_those_that_count_otherwise(string role, int list)
    {
        await using var nova = await StartAsync($"--Nova:Keystone:CaFile={_keystone.CaFile}", "--Nova:Keystone:AdminRoles:0=operator_of_guests", "--Nova:Keystone:ReaderRoles:0=");
        _keystone.Tokens["good"] = [role];

        (await nova.GetAsync("/v2.1/servers?all_tenants=1", token: "good")).Status.Should().Be(list);
        (await nova.GetAsync("/v2.1/servers", token: "good")).Status.Should().Be(list);
        _keystone.Tokens["none"] = ["reader", ""];
        (await nova.GetAsync("/v2.1/servers", token: "none")).Status.Should().Be(403, because: "one empty entry stands for no role");
    }

    [Theory]
    [InlineData("""{"domain":{"id":"default","name":"Default"}}""", 403)]
    [InlineData("{}", 403)]
    [InlineData("""{"project":{"id":"d1","name":"d1","domain":{"id":"d1","name":"d1"}},"is_domain":true}""", 403)]
    [InlineData("""{"system":{"all":true}}""", 200)]
    public async Task API_a_role_counts_in_a_project_or_the_whole_system_and_not_in_a_domain(string scope, int status)
    {
        _keystone.Tokens["good"] = ["admin"];
        _keystone.Scope = scope;

        (await _nova.GetAsync("/v2.1/servers?all_tenants=1", token: "good")).Status.Should().Be(status);
        (await _nova.CreateAsync("vnc", "novnc", token: "good")).Status.Should().Be(status);
    }

    [Theory]
    [InlineData("""{"project":{"id":"p1","name":"other","domain":{"id":"x","name":"x"}}}""", 200)]
    [InlineData("""{"project":{"id":"p9","name":"guests","domain":{"id":"default","name":"Default"}}}""", 200)]
    [InlineData("""{"project":{"id":"p9","name":"guests","domain":{"id":"x","name":"x"}}}""", 403)]
    [InlineData("""{"project":{"id":"p9","name":"demo","domain":{"id":"default","name":"Default"}}}""", 403)]
    [InlineData("""{"system":{"all":true}}""", 200)]
    public async Task API_where_projects_are_said_no_other_counts(string scope, int status)
    {
        await using var nova = await StartAsync($"--Nova:Keystone:CaFile={_keystone.CaFile}", "--Nova:Keystone:Projects:0=p1", "--Nova:Keystone:Projects:1=guests");
        _keystone.Tokens["good"] = ["member"];
        _keystone.Scope = scope;

        (await nova.CreateAsync("vnc", "novnc", token: "good")).Status.Should().Be(status);
        nova.Broker.Logs.Text.Should().NotContain("which projects count");
        _nova.Broker.Logs.Text.Should().Contain("say in Nova:Keystone:Projects which projects count", because: "nobody said it there");
    }

    [Theory]
    [InlineData("ck1_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("kt1_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("two words")]
    public async Task API_Keystone_is_told_no_secret_of_ours_and_nothing_that_cannot_be_a_token(string token)
    {
        (await _nova.GetAsync("/v2.1/servers", token: token)).Status.Should().Be(401);

        _keystone.Asked.Should().BeEmpty();
    }

    [Fact]
    public async Task API_a_token_that_is_not_ASCII_is_none()
    {
        using var socket = new TcpClient();
        await socket.ConnectAsync(_nova.Broker.Get<NovaApiListener>().Listener.EndPoint);
        await socket.GetStream().WriteAsync(Encoding.UTF8.GetBytes("GET /v2.1/servers HTTP/1.1\r\nHost: x\r\nX-Auth-Token: gAAAAä\r\nConnection: close\r\n\r\n"));
        using var answer = new StreamReader(socket.GetStream());

        (await answer.ReadToEndAsync()).Should().StartWith("HTTP/1.1 401 ");
        _keystone.Asked.Should().BeEmpty();
    }

    [Theory]
    [InlineData("http://keystone.example:5000/v3", null, false)]
    [InlineData("http://keystone.example:5000/v3", "true", true)]
    [InlineData("http://127.0.0.1:5000/v3", null, true)]
    [InlineData("https://keystone.example:5000/v3", null, true)]
    public void API_a_Keystone_without_TLS_is_asked_on_loopback_alone_unless_that_is_said(string url, string? allowed, bool starts)
    {
        string[] more = allowed is null ? [] : [$"--Nova:Keystone:AllowHttp={allowed}"];
        using var files = new TempDirectory();
        var build = () => BrokerHost.BuildForCommand(["--Nova:Enabled=true", $"--Nova:Keystone:Url={url}", "--Nova:Keystone:Token=t", $"--Store:Directory={files["state"]}", .. more]).Dispose();

        if (starts)
        {
            build.Should().NotThrow();
        }
        else
        {
            build.Should().Throw<SettingsException>().WithMessage("*Nova:Keystone:Url: plain http is for loopback alone*");
        }
    }

    [Fact]
    public async Task API_a_token_that_Keystone_does_not_know_is_refused_and_the_client_is_sent_there()
    {
        var answer = await _nova.GetAsync("/v2.1/servers", token: "bad");

        answer.Status.Should().Be(401);
        answer.Headers["WWW-Authenticate"].Should().Be($"Keystone uri=\"{_keystone.Url}\"");
        (await _nova.GetAsync("/v3", token: "")).Status.Should().Be(300, because: "the front is off where there is a real one");
        (await _nova.GetAsync("/v2.1/servers")).Status.Should().Be(200, because: "API keys are good all the same");
    }

    [Fact]
    public async Task API_an_answer_of_Keystones_is_believed_for_a_minute()
    {
        _keystone.Tokens["good"] = ["member"];
        await _nova.GetAsync("/v2.1/servers", token: "good");
        var asked = _keystone.Asked.Count;

        await _nova.GetAsync("/v2.1/servers", token: "good");
        _keystone.Asked.Should().HaveCount(asked);

        _keystone.Tokens.Clear();
        _clock.Advance(TimeSpan.FromSeconds(60));
        (await _nova.GetAsync("/v2.1/servers", token: "good")).Status.Should().Be(401);
    }

    [Fact]
    public async Task API_a_token_is_good_no_longer_than_Keystone_says()
    {
        _keystone.Tokens["good"] = ["member"];
        _keystone.Expires = "2026-11-22T12:00:30.000000Z";

        (await _nova.GetAsync("/v2.1/servers", token: "good")).Status.Should().Be(200);
        _clock.Advance(TimeSpan.FromSeconds(30));
        (await _nova.GetAsync("/v2.1/servers", token: "good")).Status.Should().Be(401);
    }

    [Fact]
    public async Task API_when_our_own_token_is_good_no_longer_we_log_in_again()
    {
        _keystone.Tokens["one"] = _keystone.Tokens["two"] = ["member"];
        (await _nova.GetAsync("/v2.1/servers", token: "one")).Status.Should().Be(200);

        _keystone.ForgetLogins();
        (await _nova.GetAsync("/v2.1/servers", token: "two")).Status.Should().Be(200);
    }

    [Fact]
    public async Task CA_6_while_Keystone_cannot_be_asked_nobody_is_let_in_by_it_and_all_are_told()
    {
        _keystone.Tokens["good"] = ["admin"];
        _keystone.Failure = 500;
        var answer = await _nova.GetAsync("/v2.1/servers", token: "good");
        answer.Status.Should().Be(503);
        answer.Body.Should().Be("""{"serviceUnavailable":{"code":503,"message":"The Keystone service is temporarily unavailable.","retryAfter":"5"}}""");
        (await _nova.GetAsync("/v2.1/servers")).Status.Should().Be(200);

        // One that says nothing at all holds nobody up for longer than it may take.
        _keystone.Failure = null;
        var hold = new TaskCompletionSource();
        _keystone.Hold = hold.Task;
        await using var hasty = await StartAsync($"--Nova:Keystone:CaFile={_keystone.CaFile}", "--Nova:Keystone:Timeout=00:00:01");
        (await hasty.GetAsync("/v2.1/servers", token: "good")).Status.Should().Be(503);
        hold.SetResult();
        hasty.Broker.Logs.Text.Should().Contain("no answer came within 1 s.");
        _nova.Broker.Logs.Text.Should().Contain("cannot be asked who a caller is").And.NotContain("s3cret").And.NotContain("service-0");
    }

    [Fact]
    public async Task API_a_Keystone_that_nobody_vouches_for_is_told_no_token()
    {
        await using var nova = await StartAsync();
        _keystone.Tokens["good"] = ["admin"];

        (await nova.GetAsync("/v2.1/servers", token: "good")).Status.Should().Be(503);
        _keystone.Asked.Should().BeEmpty();
    }

    private Task<NovaUnderTest> StartAsync(params string[] settings) => NovaUnderTest.StartAsync(
        _clock,
        [$"--Nova:Keystone:Url={_keystone.Url}", "--Nova:Keystone:User=consoles", "--Nova:Keystone:Password=s3cret", "--Nova:Keystone:Timeout=00:00:30", .. settings]);
}
