using Consoles.Broker.Access;
using Consoles.Broker.Nova.Api;
using Consoles.Broker.Tokens;
using Consoles.Common.Inventory;
using Consoles.Tests.Fakes;

namespace Consoles.Tests.Broker.Nova.Api;

public sealed class RemoteConsolesTests(SharedNova shared) : IClassFixture<SharedNova>
{
    private const string Any = "[a-z2-7]{52}";

    private readonly NovaUnderTest _nova = shared.Nova;

    [Theory]
    [InlineData("os-getVNCConsole", "novnc", "http://127.0.0.1:6080/vnc_auto.html?path=%3Ftoken%3D")]
    [InlineData("os-getVNCConsole", "xvpvnc", "http://127.0.0.1:6081/console?token=")]
    [InlineData("os-getSPICEConsole", "spice-html5", "http://127.0.0.1:6082/spice_auto.html?token=")]
    [InlineData("os-getSerialConsole", "serial", "ws://127.0.0.1:6083/?token=")]
    public async Task API_until_2_5_an_action_gives_the_address_of_a_console(string action, string type, string address)
    {
        foreach (var version in new[] { null, "2.1", "2.5" })
        {
            var answer = await _nova.ActAsync($$$"""{"{{{action}}}":{"type":"{{{type}}}"}}""", version);

            answer.Status.Should().Be(200, because: answer.Body);
            answer.Body.Should().MatchRegex($$"""^\{"console":\{"type":"{{type}}","url":"{{System.Text.RegularExpressions.Regex.Escape(address)}}{{Any}}"\}\}$""");
        }

        var later = await _nova.ActAsync($$$"""{"{{{action}}}":{"type":"{{{type}}}"}}""", "2.6");
        later.Status.Should().Be(404);
        later.Body.Should().Be("""{"itemNotFound":{"code":404,"message":"The resource could not be found."}}""");
    }

    [Theory]
    [InlineData("vnc", "novnc", "2.6", "http://127.0.0.1:6080/vnc_auto.html?path=%3Ftoken%3D")]
    [InlineData("vnc", "xvpvnc", "2.8", "http://127.0.0.1:6081/console?token=")]
    [InlineData("spice", "spice-html5", "2.98", "http://127.0.0.1:6082/spice_auto.html?token=")]
    [InlineData("serial", "serial", "2.100", "ws://127.0.0.1:6083/?token=")]
    [InlineData("spice", "spice-direct", "2.99", "http://127.0.0.1:13002/nova?token=")]
    public async Task API_from_2_6_remote_consoles_do(string protocol, string type, string version, string address)
    {
        var answer = await _nova.CreateAsync(protocol, type, version);

        answer.Status.Should().Be(200, because: answer.Body);
        answer.Body.Should().MatchRegex($$"""^\{"remote_console":\{"protocol":"{{protocol}}","type":"{{type}}","url":"{{System.Text.RegularExpressions.Regex.Escape(address)}}{{Any}}"\}\}$""");
        (await _nova.CreateAsync(protocol, type, "2.5")).Status.Should().Be(404);
    }

    [Theory]
    [InlineData("vnc", "spice-direct", "2.98", "is not one of")]
    [InlineData("mks", "webmks", "2.7", "Invalid input for field/attribute protocol. Value: mks. 'mks' is not one of ['vnc', 'spice', 'serial', 'rdp']")]
    [InlineData("mks", "webmks", "2.8", "Unavailable console type webmks.")]
    [InlineData("rdp", "rdp-html5", "2.6", "Unavailable console type rdp-html5.")]
    [InlineData("vnc", "serial", "2.6", "Invalid console type serial.")]
    [InlineData("serial", "novnc", "2.6", "Invalid console type novnc.")]
    [InlineData("ssh", "novnc", "2.6", "Invalid input for field/attribute protocol. Value: ssh.")]
    public async Task API_what_a_microversion_does_not_know_is_a_bad_request(string protocol, string type, string version, string message)
    {
        var answer = await _nova.CreateAsync(protocol, type, version);

        answer.Status.Should().Be(400);
        answer.Json.GetProperty("badRequest").GetProperty("message").GetString().Should().Contain(message);
    }

    [Theory]
    [InlineData("""{"os-getVNCConsole":{"type":"foo"}}""", "Invalid input for field/attribute type. Value: foo. 'foo' is not one of ['novnc', 'xvpvnc']")]
    [InlineData("""{"os-getVNCConsole":{}}""", "Invalid input for field/attribute os-getVNCConsole. Value: {}. 'type' is a required property")]
    [InlineData("""{"os-getVNCConsole":{"type":5}}""", "Invalid input for field/attribute type. Value: 5. 5 is not of type 'string'")]
    [InlineData("""{"os-getVNCConsole":{"type":"novnc","x":null}}""", "Invalid input for field/attribute os-getVNCConsole. Value: {'type': 'novnc', 'x': None}. Additional properties are not allowed ('x' was unexpected)")]
    [InlineData("""{"os-getVNCConsole":{"type":"novnc"},"y":1}""", "Additional properties are not allowed ('y' was unexpected)")]
    [InlineData("""{"os-getVNCConsole":null}""", "Invalid input for field/attribute os-getVNCConsole. Value: None. None is not of type 'object'")]
    [InlineData("""{"reboot":{}}""", "There is no such action: reboot. Verify the request body and Content-Type header and try again.")]
    [InlineData("{}", "Malformed request body")]
    [InlineData("[]", "Malformed request body")]
    [InlineData("{", "Malformed request body")]
    [InlineData("", "Malformed request body")]
    public async Task API_a_body_that_is_wrong_is_refused_in_Novas_words(string body, string message)
    {
        var answer = await _nova.ActAsync(body);

        answer.Status.Should().Be(400);
        answer.Json.GetProperty("badRequest").GetProperty("message").GetString().Should().Be(message);
    }

    [Fact]
    public async Task API_RDP_is_gone_and_from_2_6_it_was_never_there()
    {
        var answer = await _nova.ActAsync("""{"os-getRDPConsole":{"type":"rdp-html5"}}""");
        answer.Status.Should().Be(410);
        answer.Body.Should().Be("""{"computeFault":{"code":410,"message":"This resource is no longer available.  No forwarding address is given."}}""");

        (await _nova.ActAsync("""{"os-getRDPConsole":{"type":"rdp-html5"}}""", "2.6")).Status.Should().Be(404);
    }

    [Fact]
    public async Task API_a_server_that_does_not_run_conflicts_and_one_that_is_not_there_is_not_found()
    {
        (await _nova.ActAsync("""{"os-getVNCConsole":{"type":"novnc"}}""", id: "7c3ab5e0-0000-0000-0000-000000000000")).Status.Should().Be(404);

        _nova.Broker.Report(NovaUnderTest.Guest(state: "shutoff"));
        var answer = await _nova.CreateAsync("vnc", "novnc");
        answer.Status.Should().Be(409);
        answer.Json.GetProperty("conflictingRequest").GetProperty("message").GetString().Should().Be($"Instance {NovaUnderTest.Id} is not ready: the domain is shutoff.");
    }

    [Fact]
    public async Task SP_5_a_guest_without_SPICE_has_no_SPICE_console_and_is_told_so()
    {
        _nova.Broker.Report(NovaUnderTest.Guest(consoles: NovaUnderTest.Vnc));

        (await _nova.ActAsync("""{"os-getSPICEConsole":{"type":"spice-html5"}}""")).Body
            .Should().Be("""{"badRequest":{"code":400,"message":"Unavailable console type spice-html5. The guest has no SPICE display."}}""");
    }

    [Fact]
    public async Task SP_4_a_guest_with_VNC_and_SPICE_has_both()
    {
        (await _nova.CreateAsync("vnc", "novnc")).Status.Should().Be(200);
        (await _nova.CreateAsync("spice", "spice-html5")).Status.Should().Be(200);
    }

    [Fact]
    public async Task SE_3_the_serial_console_is_the_first_that_listens_on_TCP_and_where_there_is_none_it_is_unavailable()
    {
        (await GrantOf("serial", "serial")).Console.Should().Be("serial1", because: "serial0 is a pseudo-terminal");

        _nova.Broker.Report(NovaUnderTest.Guest(consoles: NovaUnderTest.SerialOnPty));
        (await GrantOf("serial", "serial")).Console.Should().Be("serial0", because: "an agent carries it, and Nova could not");

        _nova.Broker.Report(NovaUnderTest.Guest(consoles: [NovaUnderTest.Vnc, NovaUnderTest.SerialOnTcp with { Connects = true }]));
        var answer = await _nova.CreateAsync("serial", "serial");
        answer.Status.Should().Be(400);
        answer.Body.Should().Contain("Unavailable console type serial.");
    }

    [Fact]
    public async Task VP_9_where_the_proxy_of_2011_is_the_only_one_for_VNC_its_address_is_given()
    {
        using var pages = new TempDirectory();
        await File.WriteAllTextAsync(pages["vnc_auto.html"], "<html></html>");
        await using var nova = await NovaUnderTest.StartAsync(
            clock: null, "--Nova:NoVnc:Enabled=false", "--Nova:VncProxy2011:Enabled=true", "--Nova:VncProxy2011:Port=0", $"--Nova:VncProxy2011:WwwRoot={pages.Path}", "--Nova:VncProxy2011:ConsoleProxyUrl=http://old.example:6080");

        (await nova.ActAsync("""{"os-getVNCConsole":{"type":"novnc"}}""")).Url.Should().StartWith("http://old.example:6080/?token=");
    }

    [Fact]
    public async Task FQ_7_each_kind_of_console_can_be_the_only_one()
    {
        await using var nova = await NovaUnderTest.StartAsync(clock: null, "--Nova:NoVnc:Enabled=false", "--Nova:XvpVnc:Enabled=false", "--Nova:Spice:Enabled=false");

        (await nova.CreateAsync("serial", "serial")).Status.Should().Be(200);
        (await nova.CreateAsync("vnc", "novnc")).Body.Should().Be("""{"badRequest":{"code":400,"message":"Unavailable console type novnc. It is not served here."}}""");
        (await nova.CreateAsync("spice", "spice-html5")).Status.Should().Be(400);
    }

    [Theory]
    [InlineData("http://h/vnc_auto.html", "http://h/vnc_auto.html?path=%3Ftoken%3DT")]
    [InlineData("https://h:1/vnc.html?autoconnect=true&path=websockify&resize=scale", "https://h:1/vnc.html?autoconnect=true&path=websockify%3Ftoken%3DT&resize=scale")]
    [InlineData("http://h/v?path=a%2Fb%3Fx%3D1", "http://h/v?path=a%2Fb%3Fx%3D1%26token%3DT")]
    [InlineData("http://h/v?title=a%20b", "http://h/v?title=a%20b&path=%3Ftoken%3DT")]
    public void FQ_1_the_address_for_noVNC_keeps_its_other_arguments(string baseUrl, string url) => ConsoleUrl.ForNoVnc(baseUrl, "T").Should().Be(url);

    [Fact]
    public async Task FQ_2_the_address_begins_as_it_is_reached_from_outside()
    {
        await using var nova = await NovaUnderTest.StartAsync(clock: null, "--Nova:NoVnc:BaseUrl=https://consoles.example/vnc_lite.html", "--Nova:Api:PublicUrl=https://nova.example/");

        (await nova.CreateAsync("vnc", "novnc")).Url.Should().StartWith("https://consoles.example/vnc_lite.html?path=%3Ftoken%3D");
        (await nova.GetAsync("/")).Body.Should().Contain("https://nova.example/v2.1/");
    }

    [Fact]
    public async Task API_viewers_are_given_no_console_and_operators_are()
    {
        var answer = await _nova.CreateAsync("vnc", "novnc", token: _nova.Key(ApiRole.Viewer));
        answer.Status.Should().Be(403);
        answer.Body.Should().Be("""{"forbidden":{"code":403,"message":"Policy doesn't allow os_compute_api:os-remote-consoles to be performed."}}""");

        (await _nova.CreateAsync("vnc", "novnc", token: _nova.Key(ApiRole.Operator))).Status.Should().Be(200);
    }

    [Fact]
    public async Task CA_1_a_token_is_good_until_it_expires_and_for_this_run_alone()
    {
        var grant = await GrantOf("vnc", "novnc");

        grant.Incarnation.Should().Be(LiveBroker.Run);
        grant.Kind.Should().Be(ConsoleKind.Vnc);
        grant.Rights.Should().Be(ConsoleRights.Control);
        (grant.ExpiresAt - TimeProvider.System.GetUtcNow()).TotalSeconds.Should().BeInRange(500, 600);
    }

    [Fact]
    public async Task CA_7_no_token_is_in_a_log()
    {
        var token = NovaUnderTest.TokenOf((await _nova.CreateAsync("vnc", "novnc")).Url);
        await _nova.GetAsync($"/v2.1/os-console-auth-tokens/{token}", "2.31");

        _nova.Broker.Logs.Text.Should().NotContain(token).And.NotContain(_nova.Admin);
    }

    [Fact]
    public async Task API_a_user_who_asks_for_too_many_is_told_when_to_come_back()
    {
        await using var nova = await NovaUnderTest.StartAsync();

        for (var i = 0; i < 30; i++)
        {
            (await nova.CreateAsync("vnc", "novnc")).Status.Should().Be(200);
        }

        var answer = await nova.CreateAsync("vnc", "novnc");
        answer.Status.Should().Be(429);
        answer.Headers.Should().ContainKey("Retry-After");
        answer.Json.GetProperty("overLimit").TryGetProperty("retryAfter", out _).Should().BeTrue();
    }

    private async Task<ConsoleGrant> GrantOf(string protocol, string type)
    {
        var token = NovaUnderTest.TokenOf((await _nova.CreateAsync(protocol, type)).Url);
        return _nova.Broker.Get<ConsoleTokens>().Use(ConsoleToken.Parse(token)!, opens: false)!;
    }
}
