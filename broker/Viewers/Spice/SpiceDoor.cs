using System.Net;
using Consoles.Broker.Hosting;
using Consoles.Broker.Sessions;
using Consoles.Broker.Tokens;
using Consoles.Common.Inventory;
using Microsoft.Extensions.Options;

namespace Consoles.Broker.Viewers.Spice;

/// <summary>Lets SPICE viewers in, which take it for an HTTP proxy: one connection for each channel, all with the token that opens the session with the first.</summary>
internal sealed class SpiceDoor(
    Reception reception,
    Admission admission,
    ViewerCertificate certificate,
    SessionRun run,
    QemuTlsRun passing,
    FurtherChannelRun further,
    SessionRegistry registry,
    IOptions<ViewersOptions> options,
    ILogger<SpiceDoor> logger) : Door(reception, registry, logger)
{
    // What the ticket of a page is with its cookie, a token is alone.
    private const string NoCookie = "viewer";

    protected override string Name => "SPICE";

    private static bool IsSame(IPAddress? one, IPAddress? other) => one is not null && other is not null && one.MapToIPv6().Equals(other.MapToIPv6());

    private bool IsSecure => options.Value.Spice.Scheme == ListenerScheme.Https;

    protected override async Task ServeAsync(Visitor visitor)
    {
        var proxied = IsSecure ? await visitor.SecureAsync(certificate) : visitor.Stream;
        var (head, ahead) = await visitor.StageAsync(token => TunnelHead.ReadAsync(proxied, token));

        if (!ConnectRequest.TryRead(head, out var request, out var fault))
        {
            await RefuseAsync("400 Bad Request", fault);
            return;
        }

        var presented = request.Candidates.Select(ConsoleToken.Parse).FirstOrDefault(token => token is not null)?.Reveal();

        if (presented is null && !request.HasCredentials)
        {
            await RefuseAsync("407 Proxy Authentication Required", "A console's token is needed, as the proxy's user or password.");
            return;
        }

        proxied = ahead.Length > 0 ? new PrefixedStream(ahead, proxied) : proxied;
        var ticket = ConnectionTickets.DigestOf(presented ?? "", NoCookie);

        // A proxy that is spoken to in clear lets others read the token: what it opened is for whom it was opened.
        if (presented is not null && Registry.FindByTicket(ticket) is { Grant.Kind: ConsoleKind.Spice } open && IsSame(open.Remote, visitor.Remote))
        {
            await AddAsync(open);
            return;
        }

        var (session, whyNot) = admission.Enter(presented ?? "", ConsoleKind.Spice, visitor.Remote, ticket);

        if (session is null)
        {
            await RefuseAsync("403 Forbidden", whyNot!);
            return;
        }

        var passes = passing.Serves(session.Grant);
        await RunAsync(visitor, session, passes ? passing.Run : run, () => Tunnel(passes));

        async Task AddAsync(Session open)
        {
            if (!Registry.TryAddChannel(open))
            {
                await RefuseAsync("503 Service Unavailable", "No more channels can be opened now.");
                return;
            }

            try
            {
                visitor.Admit();
                await using var channel = Tunnel(open.Further is QemuTlsEnd);
                await further.RunAsync(open, channel);
            }
            finally
            {
                Registry.RemoveChannel(open);
            }
        }

        TunnelChannel Tunnel(bool passes) => new(visitor, proxied, plain: IsSecure || visitor.IsOfThisMachine, passes, certificate, Reception);

        Task RefuseAsync(string status, string words) => visitor.StageAsync(token => TunnelHead.RefuseAsync(proxied, status, words, token));
    }
}
