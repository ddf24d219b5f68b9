using System.Text;
using Consoles.Broker.Sessions;
using Consoles.Broker.Sessions.Serial;

namespace Consoles.Broker.Viewers.Serial;

/// <summary>Lets raw bytes of a serial console in and out, inside TLS. The first line is the token.</summary>
internal sealed class SerialDoor(
    Reception reception, Admission admission, ViewerCertificate certificate, SessionRun run, SessionRegistry registry, ILogger<SerialDoor> logger) : TokenLineDoor(reception, admission, registry, logger)
{
    protected override string Name => "serial";

    protected override async Task ServeAsync(Visitor visitor)
    {
        var secured = await visitor.SecureAsync(certificate);
        var (line, ahead) = await visitor.StageAsync(token => ReadLineAsync(secured, token));

        if (await AdmitAsync(visitor, secured, line, $"The first line must be a token; it is longer than {MaxLine} bytes.") is { } session)
        {
            await RunAsync(
                visitor, session, run, () => new SerialBytesChannel(new SayingChannel(visitor.ChannelOf(new PrefixedStream(ahead, secured)), Reception), past: true, notices: true));
        }
    }

    /// <summary>The first line without its end, and what came behind it; no line when it is too long.</summary>
    /// <exception cref="IOException">The viewer left.</exception>
    private static async Task<(string? Line, byte[] Ahead)> ReadLineAsync(Stream viewer, CancellationToken cancellationToken)
    {
        var buffer = new byte[MaxLine];
        var held = 0;

        while (held < buffer.Length)
        {
            var read = await viewer.ReadAsync(buffer.AsMemory(held), cancellationToken);

            if (read == 0)
            {
                throw new IOException("The viewer left before its token was whole.");
            }

            held += read;

            if (buffer.AsSpan(0, held).IndexOf((byte)'\n') is >= 0 and var end)
            {
                return (Encoding.UTF8.GetString(buffer, 0, end), buffer[(end + 1)..held]);
            }
        }

        return (null, []);
    }
}
