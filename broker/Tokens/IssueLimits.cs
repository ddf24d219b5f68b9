using Microsoft.Extensions.Options;

namespace Consoles.Broker.Tokens;

/// <summary>How many tokens each user was issued in the last minute.</summary>
internal sealed class IssueLimits(TimeProvider clock, IOptions<TokenOptions> options)
{
    private static readonly TimeSpan Window = TimeSpan.FromMinutes(1);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, Queue<DateTimeOffset>> _issued = new(StringComparer.Ordinal);

    /// <summary>Null when the user may be issued one more, which is then counted; else how long to wait.</summary>
    public TimeSpan? Enter(string user)
    {
        var now = clock.GetUtcNow();

        lock (_gate)
        {
            var times = _issued.TryGetValue(user, out var known) ? known : _issued[user] = new Queue<DateTimeOffset>();

            while (times.TryPeek(out var oldest) && now - oldest >= Window)
            {
                times.Dequeue();
            }

            if (times.Count >= options.Value.IssuedPerMinute)
            {
                return times.Peek() + Window - now;
            }

            times.Enqueue(now);
            return null;
        }
    }
}
