using Consoles.Broker.Nodes;
using Consoles.Broker.Sessions;
using Consoles.Broker.Tokens;

namespace Consoles.Broker.Viewers.Spice;

/// <summary>Opens QEMU's own TLS port for a viewer, after a channel of the broker's has proved whose it is. What is said inside is for viewer and QEMU alone.</summary>
internal sealed class QemuTlsConnector(IGuestConnector proof, IGuestRoutes routes, TimeProvider clock) : IGuestConnector
{
    /// <summary>Why a viewer's TLS cannot end at QEMU, in words, or null when it can.</summary>
    public static string? WhyNot(ConsoleTarget target, ConsoleRights rights) =>
        rights == ConsoleRights.View ? "TLS ends at QEMU for viewers of one's own (Viewers:Spice:Tls), where the broker cannot keep them from typing; tokens to view alone are for the browser."
        : target.Endpoint.PasswordSet ? "TLS ends at QEMU for viewers of one's own (Viewers:Spice:Tls), and this guest has a SPICE ticket of its own, which is not given away."
        : null;

    public async Task<GuestEnd> ConnectAsync(ConsoleTarget target, ConsoleGrant grant, CancellationToken cancellationToken)
    {
        if (WhyNot(target, grant.Rights) is { } whyNot)
        {
            throw new GuestException(GuestFailure.Security, whyNot);
        }

        await using var proved = await proof.ConnectAsync(target, grant, cancellationToken);
        using var over = new CancellationTokenSource();
        var ending = EndOfAsync(proved.Stream, over.Token);

        try
        {
            var route = await routes.OpenAsync(target, GuestDoor.Tls, cancellationToken);

            // The QEMU that was proved has not ended since: its port was nobody else's when it was dialled again.
            if (!ending.IsCompleted)
            {
                return new QemuTlsEnd(route, routes, clock);
            }

            await route.Stream.DisposeAsync();
            throw new GuestException(GuestFailure.Unreachable, "The guest closed its console.");
        }
        finally
        {
            await over.CancelAsync();
            await ending;
        }
    }

    private static async Task EndOfAsync(Stream channel, CancellationToken cancellationToken)
    {
        var buffer = new byte[4096];

        try
        {
            while (await channel.ReadAsync(buffer, cancellationToken) > 0)
            {
                // What the guest says to the broker meanwhile is of no interest.
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or Common.Relaying.ProtocolException or ObjectDisposedException)
        {
            // An end like another.
        }
    }
}

/// <summary>QEMU's TLS port: the first connection is the session, and admits the others while it lasts.</summary>
internal sealed class QemuTlsEnd : GuestEnd, IFurtherChannels
{
    private readonly EndingStream _first;
    private readonly IGuestRoutes _routes;
    private readonly bool _relayed;

    private readonly TimeProvider _clock;
    private long _lastInput;

    public QemuTlsEnd(GuestRoute route, IGuestRoutes routes, TimeProvider clock)
        : this(new EndingStream(route.Stream), route.Relayed, routes, clock)
    {
    }

    private QemuTlsEnd(EndingStream first, bool relayed, IGuestRoutes routes, TimeProvider clock)
        : base(first) => (_first, _relayed, _routes, _clock, _lastInput) = (first, relayed, routes, clock, clock.GetTimestamp());

    // What is pressed comes by a channel of its own, and cannot be told from what a viewer sends by itself.
    public override long? LastInput => Volatile.Read(ref _lastInput);

    // spice-server ends a session when another begins.
    public override bool IsForOne => true;

    public override bool Relayed => _relayed;

    public override Task<Stream> AdmitAsync(Stream viewer, ConsoleRights rights, CancellationToken cancellationToken) => Task.FromResult<Stream>(new HeardStream(viewer, OnHeard));

    public async Task<FurtherChannel> OpenAsync(ConsoleTarget target, Stream viewer, ConsoleRights rights, CancellationToken cancellationToken)
    {
        var route = await _routes.OpenAsync(target, GuestDoor.Tls, cancellationToken);

        if (!_first.Ended)
        {
            return new FurtherChannel("TLS to QEMU", new HeardStream(viewer, OnHeard), route.Stream);
        }

        await route.Stream.DisposeAsync();
        throw new GuestException(GuestFailure.Unreachable, "The guest closed its console.");
    }

    private void OnHeard() => Volatile.Write(ref _lastInput, _clock.GetTimestamp());

    private sealed class HeardStream(Stream inner, Action heard) : Common.Relaying.WrappedStream(inner)
    {
        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var count = await base.ReadAsync(buffer, cancellationToken);

            if (count > 0)
            {
                heard();
            }

            return count;
        }
    }

    private sealed class EndingStream(Stream inner) : Common.Relaying.WrappedStream(inner)
    {
        private bool _ended;

        public bool Ended => Volatile.Read(ref _ended);

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            try
            {
                var count = await base.ReadAsync(buffer, cancellationToken);

                if (count == 0 && !buffer.IsEmpty)
                {
                    Volatile.Write(ref _ended, true);
                }

                return count;
            }
            catch
            {
                Volatile.Write(ref _ended, true);
                throw;
            }
        }
    }
}
