using Consoles.Broker.Sessions;
using Consoles.Broker.Sessions.Serial;

namespace Consoles.Broker.Viewers.Serial;

/// <summary>Lets telnet clients in, inside TLS, and asks them for their token.</summary>
internal sealed class TelnetDoor(
    Reception reception, Admission admission, ViewerCertificate certificate, SessionRun run, SessionRegistry registry, ILogger<TelnetDoor> logger) : TokenLineDoor(reception, admission, registry, logger)
{
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

        if (await AdmitAsync(visitor, secured, line, $"A token is not longer than {MaxLine} characters.") is { } session)
        {
            await RunAsync(visitor, session, run, () => new SerialBytesChannel(telnet, past: true, notices: true));
        }
    }
}
