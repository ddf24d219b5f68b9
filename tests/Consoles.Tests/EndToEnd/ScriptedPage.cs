using Consoles.Tests.Fakes;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Consoles.Tests.EndToEnd;

/// <summary>A page in a real browser. It is served by the real broker; what the API and the channel answer is scripted.</summary>
public abstract class ScriptedPage(Chromium chromium) : IAsyncLifetime
{
    protected const string Token = "ct1_abcdefghijklmnopqrstuvwxyz0123456789ABCDEF";

    protected const string Web1 = "4dea22b3-1d52-d8f3-2516-782e98ab3fa0";

    protected const string Domains =
        $$"""
        {"items":[
          {"id":"{{Web1}}","name":"web1","node":"node1","heard":true,"state":"running","consoles":2,"consoleList":[
            {"name":"vnc0","kind":"vnc","via":"direct","route":"direct, a TCP port with TLS","openable":true,
             "readiness":{"security":"x509","reason":"VeNCrypt X509None; certificate good until 2027-01-01","provedAt":"2026-11-22T12:00:00Z"} },
            {"name":"serial0","kind":"serial","route":"a pseudo-terminal on the node","openable":false,"whyNot":"Serial consoles cannot be opened in a browser yet. <b>"}]},
          {"id":"5dea22b3-1d52-d8f3-2516-782e98ab3fa0","name":"<img src=x onerror=alert(1)>","node":"node2","heard":true,"state":"running","consoles":0,"consoleList":[]},
          {"id":"6dea22b3-1d52-d8f3-2516-782e98ab3fa0","name":"old","node":"node2","heard":true,"state":"shutoff","consoles":0,"consoleList":[]}]}
        """;

    private protected ScriptedChannel Channel { get; } = new();
    private protected ScriptedRfb Guest { get; } = new();
    private protected TestBroker Broker { get; private set; } = null!;
    private protected WatchedPage Watched { get; private set; } = null!;

    protected Chromium Browser => chromium;

    protected IPage Page => Watched.Page;

    public async Task InitializeAsync()
    {
        Broker = await TestBroker.StartAsync(builder => builder.Services.AddSingleton<IStartupFilter>(Channel));
        Watched = await chromium.OpenAsync();
    }

    public async Task DisposeAsync()
    {
        await Watched.DisposeAsync();
        await Broker.DisposeAsync();
    }

    protected async Task ListAsync(IPage? on = null)
    {
        await AnswerAsync("**/v1/domains?*", 200, Domains, on: on);
    }

    protected static Task<int> WidthAsync(IPage page) => page.EvaluateAsync<int>("document.documentElement.scrollWidth");

    protected Task RedeemableAsync(string rights = "control", IPage? on = null) => AnswerAsync(
        "**/v1/redeem", 200, $$"""{"ticket":"abc","domain":"web1","console":"vnc0","kind":"vnc","rights":"{{rights}}","channel":"/channel"}""", on: on);

    protected async Task AnswerAsync(string path, int status, string json, string type = "application/json", IPage? on = null) =>
        await (on ?? Page).RouteAsync(path, route => route.FulfillAsync(new() { Status = status, ContentType = type, Body = json }));

    protected void ShouldBeQuiet()
    {
        Watched.Complaints.Should().BeEmpty();
        Watched.Hosts.Keys.Should().Equal(Broker.People.Authority);
    }
}
