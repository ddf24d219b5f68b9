using System.Text.Json.Serialization;
using Consoles.Common.Inventory;

namespace Consoles.Common.Link;

/// <summary>A message on the standing connection that an agent keeps open to a broker: JSON text frames of a WebSocket over mTLS.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "type", UnknownDerivedTypeHandling = JsonUnknownDerivedTypeHandling.FailSerialization)]
[JsonDerivedType(typeof(Hello), "hello")]
[JsonDerivedType(typeof(Report), "report")]
[JsonDerivedType(typeof(Accepted), "accepted")]
[JsonDerivedType(typeof(Refused), "refused")]
[JsonDerivedType(typeof(Resend), "resend")]
[JsonDerivedType(typeof(PasswordWanted), "password-wanted")]
[JsonDerivedType(typeof(PasswordFound), "password-found")]
[JsonDerivedType(typeof(StreamWanted), "stream-wanted")]
[JsonDerivedType(typeof(StreamRefused), "stream-refused")]
[JsonDerivedType(typeof(KeysWanted), "keys-wanted")]
[JsonDerivedType(typeof(KeysSent), "keys-sent")]
[JsonDerivedType(typeof(LineQuestion), "line-question")]
[JsonDerivedType(typeof(LineVerdict), "line-verdict")]
public abstract record LinkMessage
{
    /// <summary>A larger frame ends the link: 4 MiB holds the whole report of some thousand domains.</summary>
    public const int MaxBytes = 4 * 1024 * 1024;
}

/// <summary>Agent to broker, first of all: who speaks. The certificate decides; a name that differs from it is refused.</summary>
/// <param name="Epoch">Unix time in milliseconds at which this agent process started, and more than that of every earlier one. Of two agents for one node the older is refused.</param>
public sealed record Hello(string Node, long Epoch, string Version) : LinkMessage;

/// <summary>Agent to broker, on change and every ten seconds.</summary>
public sealed record Report(NodeReport Node) : LinkMessage;

/// <summary>Broker to agent: the report of this generation is now what the broker knows.</summary>
/// <param name="Plan">What the node's certificate sets should be made to (<see cref="HostCertificateAnswer.Plan"/>); null: the broker issues none.</param>
public sealed record Accepted(long Generation, string? Plan = null) : LinkMessage;

/// <summary>Broker to agent, last of all: the broker ends the link, and why, in words for the agent's log.</summary>
/// <param name="Final">True when trying again cannot help until a person acts (a newer agent speaks for the node, the node is not enrolled).</param>
public sealed record Refused(string Reason, bool Final) : LinkMessage;

/// <summary>Broker to agent: the report did not follow the one before; send a whole one.</summary>
public sealed record Resend(long LastGeneration) : LinkMessage;

/// <summary>Broker to agent: a question, or something to do now, that an answer of the same number follows.</summary>
/// <param name="Request">Chosen by the broker; the answer repeats it.</param>
public abstract record LinkRequest(long Request) : LinkMessage;

/// <summary>Agent to broker: the answer.</summary>
public abstract record LinkAnswer(long Request) : LinkMessage;

/// <summary>Broker to agent: a session is being opened and QEMU asks for a password.</summary>
/// <param name="Incarnation">The run of the domain that the session is for. Another run gets no password.</param>
public sealed record PasswordWanted(long Request, Incarnation Incarnation, string Console) : LinkRequest(Request);

/// <summary>Agent to broker: the password, or why there is none. Never stored, never logged.</summary>
public sealed record PasswordFound(long Request, string? Password, string? Reason) : LinkAnswer(Request)
{
    public override string ToString() => $"PasswordFound {{ Request = {Request}, Reason = {Reason} }}";
}

/// <summary>Broker to agent: open this, and dial back to <see cref="LinkPaths.Stream"/> with the secret. The stream that arrives there is the answer.</summary>
/// <param name="Secret">For one dial-back, within seconds, by this node alone.</param>
/// <param name="Incarnation">The run of the domain that is meant. No other is opened.</param>
public sealed record StreamWanted(long Request, string Secret, Incarnation Incarnation, StreamSource Source) : LinkRequest(Request)
{
    public override string ToString() => $"StreamWanted {{ Request = {Request}, Incarnation = {Incarnation}, Source = {Source} }}";
}

/// <summary>Agent to broker: there will be no dial-back.</summary>
/// <param name="Reason">In words for the viewer.</param>
public sealed record StreamRefused(long Request, StreamFault Fault, string Reason) : LinkAnswer(Request);

/// <summary>Broker to agent: press these keys in the guest (virDomainSendKey). What they spell may be a password: it is not logged.</summary>
/// <param name="Strokes">One after the other.</param>
public sealed record KeysWanted(long Request, Incarnation Incarnation, IReadOnlyList<KeyStroke> Strokes) : LinkRequest(Request)
{
    /// <summary>More are refused: a longer text is sent in pieces.</summary>
    public const int MaxStrokes = 512;

    public override string ToString() => $"KeysWanted {{ Request = {Request}, Incarnation = {Incarnation} }}";
}

/// <summary>Keys that are pressed together and then let go: Linux input event codes (linux/input-event-codes.h), the modifiers first.</summary>
public sealed record KeyStroke(IReadOnlyList<int> Keys)
{
    public override string ToString() => nameof(KeyStroke);
}

/// <summary>Agent to broker: how far it came.</summary>
/// <param name="Sent">How many strokes were sent.</param>
/// <param name="Reason">Why no more, in words; null when all were.</param>
public sealed record KeysSent(long Request, int Sent, string? Reason) : LinkAnswer(Request);

/// <summary>Broker to agent: this serial console was dialled at its port; was it that run's, and is it free?</summary>
public sealed record LineQuestion(long Request, Incarnation Incarnation, string Console) : LinkRequest(Request);

/// <summary>Agent to broker: why the console must not be used that way, in words; null when it may.</summary>
public sealed record LineVerdict(long Request, string? WhyNot) : LinkAnswer(Request);
