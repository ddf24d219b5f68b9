using Consoles.Tests.Fakes;

namespace Consoles.Tests.EndToEnd;

/// <summary>What a page shows of a guest.</summary>
internal static class GuestScreen
{
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

    public static Task WaitUntilDrawnAsync(WatchedPage watched) => Eventually.TrueAsync(async () => await ColoursAsync(watched) > 1, TimeSpan.FromSeconds(30));
}
