using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace Consoles.Tests.Fakes;

/// <summary>Waits for a condition, for so long and no longer.</summary>
internal static class Eventually
{
    public static async Task<T> GetAsync<T>(
        Func<Task<T?>> probe, TimeSpan? within = null, Func<string>? because = null, [CallerArgumentExpression(nameof(probe))] string what = "")
    {
        var limit = within ?? TimeSpan.FromSeconds(60);
        var watch = Stopwatch.StartNew();

        while (true)
        {
            if (await probe() is { } value)
            {
                return value;
            }

            if (watch.Elapsed > limit)
            {
                throw new TimeoutException($"Not within {limit.TotalSeconds} s: {what} {because?.Invoke()}");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(20));
        }
    }

    public static Task TrueAsync(
        Func<bool> condition, TimeSpan? within = null, Func<string>? because = null, [CallerArgumentExpression(nameof(condition))] string what = "") =>
        GetAsync(() => Task.FromResult(condition() ? new object() : null), within, because, what);

    public static Task TrueAsync(
        Func<Task<bool>> condition, TimeSpan? within = null, Func<string>? because = null, [CallerArgumentExpression(nameof(condition))] string what = "") =>
        GetAsync(async () => await condition() ? new object() : null, within, because, what);
}
