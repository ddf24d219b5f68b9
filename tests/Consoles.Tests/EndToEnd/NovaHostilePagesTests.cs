using System.Net;
using System.Text;
using Consoles.Broker.Sessions;
using Consoles.Tests.Broker.Nova.Proxies;
using Consoles.Tests.Fakes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using static Microsoft.Playwright.Assertions;

namespace Consoles.Tests.EndToEnd;

/// <summary>Pages of others before Nova's proxies, and guests that would run scripts in Nova's pages, in a real browser.</summary>
public sealed class NovaHostilePagesTests(Chromium chromium) : IClassFixture<Chromium>
{
    private const string Hostile = "<img src=x onerror=document.title='owned'><script>document.title='owned'</script>";

    [Fact]
    public async Task CVE_2015_0259_a_page_of_another_host_gets_no_websocket_even_with_a_good_token_and_cookie()
    {
        await using var nova = await NovaBroker.StartAsync();
        await using var evil = await StartEvilAsync();
        await using var watched = await chromium.OpenAsync();

        // The visitor has been at the viewer's page, whose cookie the browser would send along.
        await watched.Page.GotoAsync($"http://127.0.0.1:{nova.NoVnc}/vnc_auto.html");
        await watched.Page.EvaluateAsync($"document.cookie = 'token={nova.Token()}'");

        foreach (var target in new[] { $"/?token={nova.Token()}", "/websockify" })
        {
            var address = $"ws://127.0.0.1:{nova.NoVnc}{target}";
            (await OutcomeAsync(evil, $"http://localhost:{PortOf(evil)}/")).Should().Be("close 1006", because: "localhost is not 127.0.0.1");
            nova.Live.Guests.Count.Should().Be(0);

            // The same page is let in when its host is the one that is asked: it was for its origin that it was refused.
            (await OutcomeAsync(evil, $"http://127.0.0.1:{PortOf(evil)}/")).Should().Be("open");
            (await nova.Live.Guests.NextAsync()).Close();

            async Task<string> OutcomeAsync(WebApplication page, string at)
            {
                _ = page;
                await watched.Page.GotoAsync(at);
                return await watched.Page.EvaluateAsync<string>(
                    "address => new Promise(done => { const socket = new WebSocket(address, ['binary']); socket.onopen = () => done('open'); socket.onclose = end => done('close ' + end.code); })", address);
            }
        }
    }

    [Theory]
    [InlineData("builtin")]
    [InlineData("/usr/share/novnc")]
    public async Task CVE_2017_18635_what_a_guest_is_called_and_why_it_refuses_runs_nothing(string web)
    {
        using var pki = new TestPki();
        var name = $"QEMU ({Hostile})";

        // A guest that is what it says, and one that refuses with a reason.
        foreach (var script in new[] { new FakeVncScript { Name = name }, new FakeVncScript { Refusal = [0, 0, 0, 0, (byte)Hostile.Length, .. Encoding.ASCII.GetBytes(Hostile)] } })
        {
            await using var server = new FakeVncServer(script);
            var connector = VncTargets.Connector(pki.Trust());
            await using var nova = await NovaBroker.StartAsync(clock: null, builder => builder.Services.AddSingleton<IGuestConnector>(connector), $"--Nova:NoVnc:Web={web}");
            nova.Live.Report(LiveBroker.GuestReport(name: Hostile) with { Consoles = [LiveBroker.GuestReport().Consoles[0] with { Port = server.Port }] });
            await using var watched = await chromium.OpenAsync();

            await watched.Page.GotoAsync($"http://127.0.0.1:{nova.NoVnc}/vnc_auto.html?path=%3Ftoken%3D{nova.Token()}");

            // What the page is told ends up in it, one way or the other: noVNC's small page has it in its bar, the large one in its title.
            if (script.Refusal is null)
            {
                await Eventually.TrueAsync(async () => (await watched.Page.EvaluateAsync<string>("document.title + document.body.textContent")).Contains("onerror=", StringComparison.Ordinal));
            }
            else
            {
                await Eventually.TrueAsync(() => nova.Live.Sessions.Sessions.Count == 0 && server.Accepted > 0);
            }

            (await watched.Page.Locator("img[src=x]").CountAsync()).Should().Be(0);
            await Expect(watched.Page).Not.ToHaveTitleAsync("owned");
        }
    }

    private static int PortOf(WebApplication page) => new Uri(page.Urls.Single()).Port;

    private static async Task<WebApplication> StartEvilAsync()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        var page = builder.Build();
        page.Run(context => context.Response.WriteAsync("<!doctype html><title>evil</title>"));
        await page.StartAsync();
        return page;
    }
}
