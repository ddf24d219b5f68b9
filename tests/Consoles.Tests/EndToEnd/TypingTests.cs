using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Consoles.Broker.Typing;
using Consoles.Tests.Fakes;

namespace Consoles.Tests.EndToEnd;

/// <summary>What is typed by the broker arrives byte by byte on real consoles whose keymaps are made of X's own definitions of the layouts.</summary>
public sealed class TypingTests : IAsyncLifetime
{
    private static readonly TimeSpan Boot = TimeSpan.FromSeconds(120);

    private readonly LibvirtHost _host = new();
    private Fleet _fleet = null!;

    public async Task InitializeAsync()
    {
        await _host.InitializeAsync();
        _fleet = await Fleet.StartAsync(_host);
    }

    public async Task DisposeAsync()
    {
        await _fleet.DisposeAsync();
        await _host.DisposeAsync();
    }

    [Fact]
    public async Task Every_character_of_every_layout_arrives_and_no_guest_hears_what_another_is_told()
    {
        // Several guests at a time: typing is waiting, mostly.
        var heard = await Task.WhenAll(HearAsync("ada", "de", "us", "gb"), HearAsync("bob", "fr", "ch", "it"), HearAsync("cy", "es", "se", "no"));

        heard.SelectMany(layouts => layouts).Should().HaveCount(9).And.OnlyContain(layout => layout.Heard == layout.Typed);
        _fleet.Logs.Lines.Should().NotContain(line => line.Contains("w0rd", StringComparison.Ordinal));
    }

    private async Task<IReadOnlyList<(string Layout, string Typed, string Heard)>> HearAsync(string guest, params string[] layouts)
    {
        var serial = _host.PathFor($"{guest}.log");
        await _host.StartAsync(GuestXml.Linux(guest, await GuestImage.GetAsync(), hear: string.Join(',', layouts)).VncNone().SerialPty(serial));
        await _fleet.WaitForConsoleAsync(guest);
        var all = new List<(string, string, string)>();

        foreach (var layout in layouts)
        {
            await LibvirtHost.ReadUntilAsync(serial, $"listening for {layout}", Boot);
            var text = $"{(layout == "de" ? "Pässw0rd!§{}~" : "password")}\n\t{CharactersOf(layout)}\n";
            await TypeAsync(guest, new { text, layout });
            await TypeAsync(guest, new { keys = new[] { "KEY_LEFTCTRL", "KEY_D" } });

            var start = $"heard {layout}: ";
            var said = await LibvirtHost.ReadUntilAsync(serial, start, Boot);
            said = await Eventually.GetAsync(async () => (await File.ReadAllTextAsync(serial))[said.IndexOf(start, StringComparison.Ordinal)..] is var rest && rest.Contains('.', StringComparison.Ordinal) ? rest : null);
            all.Add((layout, text, Encoding.UTF8.GetString(Convert.FromHexString(said[start.Length..said.IndexOf('.', StringComparison.Ordinal)]))));
        }

        return all;
    }

    private async Task TypeAsync(string guest, object what)
    {
        using var answer = await _fleet.Operator.PostAsJsonAsync($"/v1/domains/{guest}/keys", what);
        answer.StatusCode.Should().Be(HttpStatusCode.OK, because: await answer.Content.ReadAsStringAsync());
        (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("typed").GetInt32().Should().BePositive();
    }

    private static string CharactersOf(string name)
    {
        var layout = new KeyboardLayouts().Find(name)!;
        return string.Concat(Enumerable.Range(' ', 0x3000).Where(Rune.IsValid).Select(code => new Rune(code)).Where(character => layout.TryType(character, out _)));
    }
}
