using Consoles.Broker.Access;
using Consoles.Common.Inventory;
using Consoles.Tests.Fakes;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Consoles.Tests.EndToEnd;

/// <summary>The page of certificates in a real browser, with a real broker and nodes that report.</summary>
public sealed class CertificatesPageTests(Chromium chromium) : ScriptedPage(chromium), IClassFixture<Chromium>
{
    private const string LinesOfNames = """
        rows => rows.map(row => {
          const range = document.createRange();
          range.selectNodeContents(row.cells[0].firstChild);
          return range.getClientRects().length;
        })
        """;

    [Fact]
    public async Task The_worst_node_stands_first_and_the_page_follows_what_nodes_report()
    {
        using var one = await TestAgent.EnrolAsync(Broker, "node1");
        using var two = await TestAgent.EnrolAsync(Broker, "node2");
        using var first = await one.LinkAsync();
        using var second = await two.LinkAsync();
        await first.ReportAsync(CertificateSamples.Of((await one.OrderAsync()).Plan, TimeProvider.System), CertificateSamples.Web);
        await second.ReportAsync(CertificateSamples.Of((await two.OrderAsync()).Plan, TimeProvider.System, CertificateCondition.Pending) with { Drift = "<b>vnc_tls</b> is 0" }, CertificateSamples.Web);

        await Page.GotoAsync(Broker.People.ToString());
        await Page.GetByLabel("API key").FillAsync(Broker.CreateKey(ApiRole.Operator));
        await Page.Keyboard.PressAsync("Enter");
        await Page.GetByRole(AriaRole.Link, new() { Name = "Certificates" }).ClickAsync();

        var rows = Page.Locator("#nodes tr");
        await Expect(rows).ToHaveCountAsync(2);
        await Expect(rows.First).ToContainTextAsync("node2");
        await Expect(rows.First).ToContainTextAsync("pending");
        await Expect(rows.First).ToContainTextAsync("<b>vnc_tls</b> is 0");
        await Expect(rows.Last).ToContainTextAsync("fresh");
        await Expect(Page.GetByText("Consoles of the fleet: 1 pending, 1 fresh.")).ToBeVisibleAsync();
        (await rows.EvaluateAllAsync<int[]>(LinesOfNames)).Should().Equal([1, 1], because: "short names are not broken");
        await Watched.ShotAsync("certificates");

        await second.ReportAsync(CertificateSamples.Of((await two.OrderAsync()).Plan, TimeProvider.System), CertificateSamples.Web);

        await Expect(rows.First).ToContainTextAsync("node1", new() { Timeout = 20_000 });
        await Expect(Page.GetByText("Consoles of the fleet: 2 fresh.")).ToBeVisibleAsync();
        await Page.GetByLabel("Filter").FillAsync("node2");
        await Expect(rows).ToHaveCountAsync(1);
        await Page.GetByLabel("Filter").FillAsync("");
        await Page.GetByLabel("State").SelectOptionAsync("expired");
        await Expect(rows).ToHaveCountAsync(0);
        ShouldBeQuiet();
    }
}
