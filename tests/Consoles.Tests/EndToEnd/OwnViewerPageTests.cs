using System.Globalization;
using System.Net;
using Consoles.Broker.Access;
using Consoles.Broker.Tokens;
using Consoles.Broker.Viewers;
using Consoles.Tests.Fakes;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Consoles.Tests.EndToEnd;

/// <summary>The pages' button that saves a file for a viewer of one's own, in a real browser.</summary>
public sealed class OwnViewerPageTests(Chromium chromium) : IClassFixture<Chromium>
{
    [Theory]
    [InlineData("list", nameof(ConsoleRights.Control))]
    [InlineData("list", nameof(ConsoleRights.View))]
    [InlineData("console", nameof(ConsoleRights.Control))]
    public async Task A_click_saves_a_file_by_which_a_viewer_opens_the_guest_once(string page, string rights)
    {
        await using var broker = await ViewerBroker.StartAsync(new RfbGuests());
        await using var watched = await chromium.OpenAsync();
        await watched.Page.GotoAsync(broker.Live.Origin);
        await watched.Page.GetByLabel("API key").FillAsync(broker.Live.Get<ApiKeys>().Create(ApiRole.Operator, "grace", lifetime: null).Secret.Reveal());
        await watched.Page.Keyboard.PressAsync("Enter");
        await Expect(watched.Page.GetByText("Logged in as grace")).ToBeVisibleAsync();
        var button = watched.Page.GetByRole(AriaRole.Button, new() { Name = "Open vnc0 of web1 in a viewer of your own" });

        if (page == "console")
        {
            await watched.Page.GotoAsync($"{broker.Live.Origin}/console#{broker.Live.IssueToken()}");
            button = watched.Page.GetByRole(AriaRole.Button, new() { Name = "Own viewer" });
        }
        else if (rights == nameof(ConsoleRights.View))
        {
            await watched.Page.GetByLabel("Open view-only").CheckAsync();
        }

        var download = await watched.Page.RunAndWaitForDownloadAsync(() => button.ClickAsync());
        download.SuggestedFilename.Should().Be("web1-vnc0.vv");
        var lines = await File.ReadAllLinesAsync(await download.PathAsync());
        lines[0].Should().Be("[virt-viewer]");
        var file = lines.Skip(1).Select(line => line.Split('=', 2)).ToDictionary(parts => parts[0], parts => parts[1]);
        file.Should().Contain("type", "vnc");
        var at = new IPEndPoint(IPAddress.Parse(file["host"]), int.Parse(file["port"], CultureInfo.InvariantCulture));

        await using (var viewer = await broker.SecureAsync(await PlainViewer.AgreeAsync(await ViewerBroker.ConnectAsync(at))))
        {
            (await PlainViewer.BeginAsync(viewer, file["username"], file["password"])).Should().Be("QEMU (web1)");
            broker.Live.Sessions.Sessions.Should().ContainSingle(session => session.Grant.User == "grace" && session.Grant.Rights == Enum.Parse<ConsoleRights>(rights));
        }

        await using var again = await broker.SecureAsync(await PlainViewer.AgreeAsync(await ViewerBroker.ConnectAsync(at)));
        await again.WriteAsync(PlainViewer.Credentials(file["username"], file["password"]));
        (await PlainViewer.ResultAsync(again)).Should().Be(Admission.NotValid);
        watched.Complaints.Should().BeEmpty();
    }
}
