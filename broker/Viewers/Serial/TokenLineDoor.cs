using System.Text;
using Consoles.Broker.Sessions;
using Consoles.Common.Inventory;

namespace Consoles.Broker.Viewers.Serial;

/// <summary>A door for viewers of serial consoles who write their token as a line of text, and are told in one why it does not let them in.</summary>
internal abstract class TokenLineDoor(Reception reception, Admission admission, SessionRegistry registry, ILogger logger) : Door(reception, registry, logger)
{
    /// <summary>Of the line with the token.</summary>
    protected const int MaxLine = 256;

    /// <param name="secured">Where they are told why not.</param>
    /// <param name="line">Their token; null: it was longer than <see cref="MaxLine"/>.</param>
    /// <param name="tooLong">What is said of that.</param>
    /// <returns>Null when they are not let in.</returns>
    protected async Task<Session?> AdmitAsync(Visitor visitor, Stream secured, string? line, string tooLong)
    {
        var (session, whyNot) = line is null ? new Admitted(null, tooLong) : admission.Enter(line, ConsoleKind.Serial, visitor.Remote);

        if (session is null)
        {
            await visitor.StageAsync(token => secured.WriteAsync(Encoding.UTF8.GetBytes($"{whyNot}\r\n"), token).AsTask());
        }

        return session;
    }
}
