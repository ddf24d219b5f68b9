using Consoles.Broker.Sessions;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Options;

namespace Consoles.Broker.Viewers;

/// <summary>Where viewers wait until they have shown a token, and how long they may.</summary>
internal sealed class Reception(WaitingViewers room, IOptions<ViewersOptions> options, IOptions<Sessions.SessionOptions> sessions, TimeProvider clock)
{
    public WaitingViewers Room => room;

    public Visitor Receive(ConnectionContext connection) => new(connection, new ConnectionStream(connection), options.Value.StageLimit, sessions.Value.CloseLimit, clock);

    /// <summary>For what is said last: as long as a viewer may take to read it.</summary>
    public async Task SayLastAsync(Func<CancellationToken, Task> say)
    {
        using var limit = new CancellationTokenSource(sessions.Value.CloseLimit, clock);

        try
        {
            await say(limit.Token);
        }
        catch (Exception e) when (e is IOException or Common.Relaying.ProtocolException or OperationCanceledException or ObjectDisposedException or InvalidOperationException or NotSupportedException)
        {
            // It is gone, or does not read.
        }
    }
}
