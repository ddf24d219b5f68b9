using Consoles.Broker.Sessions;
using Consoles.Common.Inventory;
using Consoles.Common.Rfb;

namespace Consoles.Broker.Viewers.Vnc;

/// <summary>Lets VNC viewers in: TLS with a certificate, and inside it the token as the password of whatever user.</summary>
internal sealed class VncDoor(
    Reception reception,
    Admission admission,
    ViewerCertificate certificate,
    SessionRun run,
    SessionRegistry registry,
    ILogger<VncDoor> logger) : Door(reception, registry, logger)
{
    protected override string Name => "VNC";

    protected override async Task ServeAsync(Visitor visitor)
    {
        await visitor.StageAsync(token => RfbPlainServer.GreetAsync(visitor.Stream, admission.WhyNot(visitor.Remote), token));
        await visitor.StageAsync(token => RfbPlainServer.AgreeAsync(visitor.Stream, token));
        var secured = await visitor.SecureAsync(certificate);
        var shown = await visitor.StageAsync(token => RfbPlainServer.ReadCredentialsAsync(secured, token));
        var (session, whyNot) = admission.Enter(shown.Password, ConsoleKind.Vnc, visitor.Remote);

        if (session is null)
        {
            await visitor.StageAsync(token => RfbPlainServer.RefuseAsync(secured, whyNot!, token));
            return;
        }

        await RunAsync(visitor, session, run, () => new VncChannel(visitor.ChannelOf(secured), secured, Reception));
    }
}
