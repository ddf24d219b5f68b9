using System.Buffers.Binary;
using System.Net;
using Consoles.Broker.Nodes;
using Consoles.Broker.Sessions;
using Consoles.Broker.Sessions.Serial;
using Consoles.Broker.Store;
using Consoles.Broker.Tokens;
using Consoles.Common.Inventory;
using Microsoft.Extensions.Options;

namespace Consoles.Broker.Nova.Proxies;

/// <summary>Runs the sessions of this face's clients, whatever carries their bytes.</summary>
internal sealed class ProxySessions(
    ProxyAdmission admission,
    SessionRegistry sessions,
    SessionRun run,
    FurtherChannelRun further,
    SessionRecords records,
    TimeProvider clock,
    IOptions<NovaOptions> options,
    ILogger<ProxySessions> logger)
{
    // Of SPICE's link message: the head of 16 bytes, then the number of the session that the channel belongs to, 0 for a new one, and the channel's type.
    private const int SpiceHeadBytes = 21;
    private const int SpiceConnectionId = 16;
    private const int SpiceType = 20;
    private const byte SpiceMain = 1;

    private static readonly TimeSpan FirstBytesWithin = TimeSpan.FromSeconds(10);
    public static SessionEnding NoRoom { get; } = new(CloseCode.Limit, "No more sessions can be opened now; try again in a moment.");
    private static readonly SessionEnding NothingSaid = new(CloseCode.PolicyViolation, "The viewer did not begin within 10 s.");
    private static readonly SessionEnding NoSpice = new(CloseCode.ProtocolError, "The viewer did not begin with SPICE's main channel.");
    private static readonly SessionEnding SessionOver = new(CloseCode.TokenInvalid, "The session of this channel is over.");

    public static SessionEnding StoreAway { get; } = new(CloseCode.GuestUnreachable, "The broker's store is not available; try again in a moment.");

    /// <summary>Whether there is room for one more; else the client can be told before anything is begun.</summary>
    public bool HasRoom => sessions.HasRoom;

    /// <summary>Returns when the channel is over and the viewer was told why, as far as it can be told.</summary>
    /// <param name="proxy">As Nova names its service, for the log.</param>
    /// <param name="counted">Called when the connection counts as a session's; until then it counts where it waits.</param>
    public async Task RunAsync(string proxy, Admitted admitted, ConsoleKind kind, ViewerChannel channel, IPAddress? remote, Action? counted = null)
    {
        if (kind != ConsoleKind.Spice)
        {
            await OpenAsync(proxy, admitted, ticket: null, channel, remote, counted);
            return;
        }

        var peeked = new PeekedChannel(channel);

        // QEMU ends a session when another main channel is begun: a stray channel must not do that to anybody.
        switch (await BeginningAsync(peeked))
        {
            case null:
                await channel.CloseAsync(NothingSaid);
                break;

            case SpiceBeginning.Further when sessions.FindByTicket(admitted.Ticket) is { } open:
                await AddAsync(open, peeked, counted);
                break;

            case SpiceBeginning.Further:
                await channel.CloseAsync(SessionOver);
                break;

            case SpiceBeginning.Session:
                await OpenAsync(proxy, admitted, admitted.Ticket, peeked, remote, counted);
                break;

            default:
                await channel.CloseAsync(NoSpice);
                break;
        }
    }

    private async Task OpenAsync(string proxy, Admitted admitted, string? ticket, ViewerChannel channel, IPAddress? remote, Action? counted)
    {
        ConsoleGrant? grant;

        try
        {
            grant = admission.Open(admitted);
        }
        catch (StoreException error)
        {
            logger.ProxyFailed(error, proxy);
            await channel.CloseAsync(StoreAway);
            return;
        }

        if (grant is null || admitted.Target is not { } target)
        {
            await channel.CloseAsync(ProxyAdmission.Refused);
            return;
        }

        if (!sessions.TryOpen(grant, target.Node.Name, remote, ticket, out var session))
        {
            await channel.CloseAsync(NoRoom);
            return;
        }

        try
        {
            counted?.Invoke();
            session.Deadline = options.Value.EnforceSessionTimeout ? grant.ExpiresAt : null;
            logger.ConnectingTo(proxy, target.Endpoint.Host ?? "-", PortOf(target), grant.Id, grant.User, remote);
            await using var recorded = records.Begin(session.Id, channel, clock);
            await run.RunAsync(session, grant.Kind == ConsoleKind.Serial ? new SerialBytesChannel(recorded, past: false, notices: false) : recorded);
        }
        finally
        {
            sessions.Remove(session);
        }
    }

    private async Task AddAsync(Session session, ViewerChannel channel, Action? counted)
    {
        if (!sessions.TryAddChannel(session))
        {
            await channel.CloseAsync(NoRoom);
            return;
        }

        try
        {
            counted?.Invoke();
            await using var recorded = records.Begin(session.Id, channel, clock);
            await further.RunAsync(session, recorded);
        }
        finally
        {
            sessions.RemoveChannel(session);
        }
    }

    /// <summary>What a SPICE channel begins with; null when the viewer does not say.</summary>
    private async Task<SpiceBeginning?> BeginningAsync(PeekedChannel channel)
    {
        using var limit = new CancellationTokenSource(FirstBytesWithin, clock);

        // The channel's reads take no notice of a token; closing makes them end.
        await using var late = limit.Token.UnsafeRegister(_ => _ = channel.CloseAsync(NothingSaid), null);

        try
        {
            var head = await channel.PeekAsync(SpiceHeadBytes, limit.Token);
            return head.Length < SpiceHeadBytes ? null
                : !head.Span.StartsWith("REDQ"u8) ? SpiceBeginning.Neither
                : BinaryPrimitives.ReadUInt32LittleEndian(head.Span[SpiceConnectionId..]) != 0 ? SpiceBeginning.Further
                : head.Span[SpiceType] == SpiceMain ? SpiceBeginning.Session
                : SpiceBeginning.Neither;
        }
        catch (Exception error) when (error is IOException or OperationCanceledException)
        {
            return null;
        }
    }

    private enum SpiceBeginning
    {
        Session,
        Further,
        Neither,
    }

    private static string PortOf(ConsoleTarget target) => $"{target.Endpoint.Port ?? target.Endpoint.TlsPort}" is { Length: > 0 } port ? port : "-";
}
