using System.Text;

namespace Consoles.Broker.Sessions;

/// <summary>Why a session ended, for the viewer's page: a code, and a sentence that says the same to a person.</summary>
internal sealed record SessionEnding(CloseCode Code, string Reason)
{
    // RFC 6455, section 5.5: a control frame carries 125 bytes, of which the code takes two.
    private const int MaxReasonBytes = 123;

    public static SessionEnding ViewerLeft { get; } = new(CloseCode.Normal, "The viewer closed the console.");

    public static SessionEnding TokenInvalid { get; } = new(CloseCode.TokenInvalid, "The token was used or has expired; ask for a new one.");

    public static SessionEnding Revoked { get; } = new(CloseCode.Revoked, "The session was ended by someone who may.");

    public static SessionEnding BrokerStopping { get; } = new(CloseCode.BrokerStopping, "The broker is being stopped; try again in a moment.");

    public static SessionEnding GuestStopped { get; } = new(CloseCode.GuestStopped, "The guest was stopped.");

    public static SessionEnding GuestRestarted { get; } = new(CloseCode.GuestStopped, "The guest was stopped, and runs again; open its console anew.");

    public static SessionEnding GuestClosed { get; } = new(CloseCode.GuestStopped, "The guest closed its console.");

    public static SessionEnding GuestMoved { get; } = new(CloseCode.GuestMoved, "The guest moved to another node; open its console anew.");

    public static SessionEnding AgentLeft { get; } = new(CloseCode.GuestUnreachable, "The agent of the guest's node left; try again in a moment.");

    public static SessionEnding Idle { get; } = new(CloseCode.Idle, "Nobody used the console for too long.");

    public static SessionEnding TooOld { get; } = new(CloseCode.Limit, "The session reached the longest time that is allowed.");

    public static SessionEnding TokenExpired { get; } = new(CloseCode.Limit, "The token of the session has expired, and sessions end with their tokens here.");

    public static SessionEnding TakenOver { get; } = new(CloseCode.TakenOver, "Somebody else opened this console, and it shows itself to one viewer at a time.");

    public static SessionEnding TooManyOfGuest { get; } = new(CloseCode.Limit, "Too many people look at this guest already.");

    /// <summary>The sentence as a close frame can carry it.</summary>
    public string FrameReason
    {
        get
        {
            if (Encoding.UTF8.GetByteCount(Reason) <= MaxReasonBytes)
            {
                return Reason;
            }

            var text = new StringBuilder();
            var bytes = "…"u8.Length;

            foreach (var rune in Reason.EnumerateRunes())
            {
                bytes += rune.Utf8SequenceLength;

                if (bytes > MaxReasonBytes)
                {
                    break;
                }

                text.Append(rune);
            }

            return text.Append('…').ToString();
        }
    }

    public static SessionEnding Of(GuestFailure failure, string reason) => new(
        failure switch
        {
            GuestFailure.Tls => CloseCode.GuestTlsFailed,
            GuestFailure.Held => CloseCode.Held,
            GuestFailure.InUse => CloseCode.InUse,
            _ => CloseCode.GuestUnreachable,
        },
        reason);
}
