using System.Text;
using Consoles.Broker.Sessions;
using Consoles.Broker.Sessions.Serial;
using Consoles.Common.Inventory;

namespace Consoles.Broker.Viewers.Serial;

/// <summary>Lets telnet clients in, inside TLS, and asks them for their token.</summary>
internal sealed class TelnetDoor(
    Reception reception, Admission admission, ViewerCertificate certificate, SessionRun run, SessionRegistry registry, ILogger<TelnetDoor> logger) : Door(reception, registry, logger)
{
    private const int MaxLine = 256;

    protected override string Name => "telnet";

    protected override async Task ServeAsync(Visitor visitor)
    {
        var secured = await visitor.SecureAsync(certificate);
        await using var telnet = new TelnetChannel(new SayingChannel(visitor.ChannelOf(secured), Reception));

        var line = await visitor.StageAsync(async token =>
        {
            await secured.WriteAsync(TelnetTyping.Opening, token);
            return await telnet.AskAsync("token: ", MaxLine, token);
        });

        var (session, whyNot) = line is null ? new Admitted(null, $"A token is not longer than {MaxLine} characters.") : admission.Enter(line, ConsoleKind.Serial, visitor.Remote);

        if (session is null)
        {
            await visitor.StageAsync(token => secured.WriteAsync(Encoding.UTF8.GetBytes($"{whyNot}\r\n"), token).AsTask());
            return;
        }

        await RunAsync(visitor, session, run, () => new SerialBytesChannel(telnet, past: true, notices: true));
    }
}
