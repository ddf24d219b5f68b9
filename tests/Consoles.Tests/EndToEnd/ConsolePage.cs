using System.Net.Http.Json;
using System.Text.Json;
using Consoles.Tests.Fakes;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Consoles.Tests.EndToEnd;

/// <summary>What a person does with a console's page.</summary>
internal static class ConsolePage
{
    private const string Shifted = "\"$():*>";

    /// <summary>Waits until the guest's VNC console can be opened, and opens it by an address of the API.</summary>
    public static async Task OpenAsync(Fleet fleet, WatchedPage watched, string guest, string rights = "control")
    {
        await UntilOpenableAsync(fleet, guest);
        using var issued = await fleet.Operator.PostAsJsonAsync($"/v1/domains/{guest}/consoles/vnc0/tokens", new { rights });
        var token = await issued.Content.ReadFromJsonAsync<JsonElement>();

        await watched.Page.GotoAsync(token.GetProperty("url").GetString()!);
        await Expect(watched.Page.GetByRole(AriaRole.Status)).ToHaveTextAsync(rights == "view" ? "Connected, view only" : "Connected");
        await Eventually.TrueAsync(async () => await ColoursAsync(watched) > 1, TimeSpan.FromSeconds(30));
    }

    public static async Task UntilOpenableAsync(Fleet fleet, string guest)
    {
        var last = "";

        await Eventually.TrueAsync(
            async () =>
            {
                using var answer = await fleet.Operator.GetAsync($"/v1/domains/{guest}/consoles");
                last = await answer.Content.ReadAsStringAsync();
                return answer.IsSuccessStatusCode && JsonDocument.Parse(last).RootElement.GetProperty("items").EnumerateArray().Any(IsReady);
            },
            TimeSpan.FromSeconds(30),
            () => last);
    }

    /// <summary>How many colours the guest's screen has on the page: more than one when something is written there.</summary>
    public static Task<int> ColoursAsync(WatchedPage watched) => watched.Page.EvaluateAsync<int>(
        """
        () => {
          const canvas = document.querySelector('#screen canvas');
          if (!canvas || !canvas.width || !canvas.height) { return 0; }
          const pixels = new Uint32Array(canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data.buffer);
          return new Set(pixels).size;
        }
        """);

    /// <summary>Types a line as a person would: holding Shift, which the guest must see and Playwright leaves out unless told, and not faster than an emulated keyboard can take.</summary>
    public static async Task TypeAsync(WatchedPage watched, string line)
    {
        foreach (var character in line)
        {
            var shifted = char.IsAsciiLetterUpper(character) || Shifted.Contains(character, StringComparison.Ordinal);
            var key = character == ' ' ? "Space" : $"{character}";
            await watched.Page.Keyboard.PressAsync(shifted ? $"Shift+{key}" : key, new() { Delay = 30 });
        }

        await watched.Page.Keyboard.PressAsync("Enter");
    }

    private static bool IsReady(JsonElement console) =>
        console.GetProperty("openable").GetBoolean() && console.TryGetProperty("readiness", out var readiness) && readiness.ValueKind == JsonValueKind.Object;
}
