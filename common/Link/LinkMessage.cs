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
public sealed record Accepted(long Generation) : LinkMessage;

/// <summary>Broker to agent, last of all: the broker ends the link, and why, in words for the agent's log.</summary>
/// <param name="Final">True when trying again cannot help until a person acts (a newer agent speaks for the node, the node is not enrolled).</param>
public sealed record Refused(string Reason, bool Final) : LinkMessage;

/// <summary>Broker to agent: the report did not follow the one before; send a whole one.</summary>
public sealed record Resend(long LastGeneration) : LinkMessage;

/// <summary>Broker to agent: a session is being opened and QEMU asks for a password.</summary>
/// <param name="Request">Chosen by the broker; the answer repeats it.</param>
/// <param name="Incarnation">The run of the domain that the session is for. Another run gets no password.</param>
public sealed record PasswordWanted(long Request, Incarnation Incarnation, string Console) : LinkMessage;

/// <summary>Agent to broker: the password, or why there is none. Never stored, never logged.</summary>
public sealed record PasswordFound(long Request, string? Password, string? Reason) : LinkMessage
{
    public override string ToString() => $"PasswordFound {{ Request = {Request}, Reason = {Reason} }}";
}
