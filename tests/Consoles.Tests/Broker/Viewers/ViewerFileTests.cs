using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Consoles.Broker.Access;
using Consoles.Broker.Viewers.Files;
using Consoles.Common.Inventory;
using Consoles.Tests.Fakes;

namespace Consoles.Tests.Broker.Viewers;

/// <summary>The files that start viewers.</summary>
public class ViewerFileTests
{
    [Fact]
    public async Task A_file_for_a_VNC_console_has_all_that_a_viewer_would_ask_for()
    {
        await using var broker = await ViewerBroker.StartAsync(new RfbGuests());
        using var answer = await broker.Live.Admin.PostAsJsonAsync("/v1/domains/web1/consoles/vnc/viewer-file", new { });

        answer.StatusCode.Should().Be(HttpStatusCode.OK);
        answer.Content.Headers.ContentType!.MediaType.Should().Be("application/x-virt-viewer");
        answer.Content.Headers.ContentDisposition!.DispositionType.Should().Be("attachment");
        answer.Content.Headers.ContentDisposition.FileName.Should().Be("web1-vnc0.vv");
        answer.Headers.CacheControl!.NoStore.Should().BeTrue();
        var lines = (await answer.Content.ReadAsStringAsync()).Split('\n');
        lines[0].Should().Be("[virt-viewer]");
        lines.Should().Contain(["type=vnc", "host=127.0.0.1", $"port={broker.Listeners.Vnc!.Port}", "username=token", "title=web1 (vnc0)", "delete-this-file=1"]);
        lines.Should().ContainSingle(line => line.StartsWith("password=")).Which.Should().MatchRegex("^password=[a-z2-7]{52}$");
    }

    [Fact]
    public async Task A_name_cannot_begin_a_line_of_its_own()
    {
        await using var broker = await ViewerBroker.StartAsync(new RfbGuests());
        broker.Live.Report(LiveBroker.GuestReport(name: "a\r\nproxy=http://evil\\/\"b"));
        using var answer = await broker.Live.Admin.PostAsJsonAsync($"/v1/domains/{LiveBroker.Guest}/consoles/vnc0/viewer-file", new { });

        var lines = (await answer.Content.ReadAsStringAsync()).Split('\n');
        lines.Should().NotContain(line => line.StartsWith("proxy"));
        lines.Should().Contain("title=a?\\nproxy=http://evil\\\\/\"b (vnc0)");
        answer.Content.Headers.ContentDisposition!.FileName.Should().Be("a__proxy_http___evil___b-vnc0.vv");
    }

    [Fact]
    public async Task A_viewers_key_is_given_a_file_to_look_alone_and_nobody_one_without_a_key()
    {
        await using var broker = await ViewerBroker.StartAsync(new RfbGuests());
        using var viewer = broker.Live.ClientAs(ApiRole.Viewer);
        using var refused = await viewer.PostAsJsonAsync("/v1/domains/web1/consoles/vnc0/viewer-file", new { rights = "control" });
        using var given = await viewer.PostAsJsonAsync("/v1/domains/web1/consoles/vnc0/viewer-file", new { });
        using var nobody = await broker.Live.Http.PostAsJsonAsync("/v1/domains/web1/consoles/vnc0/viewer-file", new { });
        using var serial = await broker.Live.Admin.PostAsJsonAsync("/v1/domains/web1/consoles/serial0/viewer-file", new { });

        refused.StatusCode.Should().Be(HttpStatusCode.Forbidden);
        given.StatusCode.Should().Be(HttpStatusCode.OK);
        nobody.StatusCode.Should().Be(HttpStatusCode.Unauthorized);
        serial.StatusCode.Should().Be(HttpStatusCode.Conflict);
        var tokens = await broker.Live.Admin.GetFromJsonAsync<JsonElement>("/v1/tokens");
        tokens.GetProperty("items").EnumerateArray().Should().ContainSingle().Which.GetProperty("rights").GetString().Should().Be("view");
    }

    [Fact]
    public async Task Where_nothing_is_switched_on_there_are_no_files_and_no_doors()
    {
        await using var live = await LiveBroker.StartAsync();
        using var answer = await live.Admin.PostAsJsonAsync("/v1/domains/web1/consoles/vnc0/viewer-file", new { });

        answer.StatusCode.Should().Be(HttpStatusCode.Conflict);
        (await answer.Content.ReadAsStringAsync()).Should().Contain("Viewers:Vnc:Enabled is false");
        (await live.Http.GetStringAsync("/v1/viewers")).Should().Be("""{"vnc":false,"spice":false,"serial":false,"telnet":false}""");
    }

    [Theory]
    [InlineData("CN=vm", "CN=vm")]
    [InlineData("CN=host, O=\"Example, Inc\", C=DE", "C=DE,O=Example\\, Inc,CN=host")]
    [InlineData("CN=host, DC=example", null)]
    [InlineData("", null)]
    public void A_subject_is_written_as_SPICE_clients_compare_it(string subject, string? written) =>
        HostSubject.Of(new X500DistinguishedName(subject)).Should().Be(written);
}
