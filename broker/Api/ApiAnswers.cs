using System.Text.Json.Serialization;
using Consoles.Common.Inventory;
using Consoles.Broker.Tokens;

namespace Consoles.Broker.Api;

/// <summary>One page of a list.</summary>
/// <param name="Next">What to give as "after" for the next page, or null when this is the last.</param>
internal sealed record Page<T>(IReadOnlyList<T> Items, string? Next = null);

/// <param name="Heard">False: the node has fallen silent, and its consoles cannot be opened.</param>
/// <param name="Addresses">Where its consoles may be dialled. Administrators alone are told.</param>
internal sealed record NodeAnswer(string Name, bool Heard, DateTimeOffset HeardAt, LibvirtHealth Libvirt, int Domains, IReadOnlyList<string>? Addresses);

/// <param name="State">libvirt's word.</param>
/// <param name="Heard">False: its node is silent, and this is what was said last.</param>
/// <param name="Consoles">How many.</param>
/// <param name="Refusal">Why its XML was not read, or null.</param>
/// <param name="ConsoleList">Which, so that a list needs one request.</param>
internal sealed record DomainAnswer(DomainId Id, string Name, string Node, bool Heard, string State, int Consoles, string? Refusal, IReadOnlyList<ConsoleAnswer> ConsoleList);

/// <summary>Who opens a console.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ConsoleVia>))]
internal enum ConsoleVia
{
    /// <summary>The node's agent, which carries it to the broker.</summary>
    [JsonStringEnumMemberName("relayed")] Relayed,

    /// <summary>The broker, which dials it.</summary>
    [JsonStringEnumMemberName("direct")] Direct,
}

/// <param name="Via">Null where it cannot be reached.</param>
/// <param name="Route">How it is reached, in words.</param>
/// <param name="Readiness">What a real handshake found, or null while none has been made.</param>
/// <param name="WhyNot">Why it cannot be opened, in words; null where it can.</param>
/// <param name="Endpoint">Where it listens. Administrators alone are told.</param>
internal sealed record ConsoleAnswer(
    string Name, ConsoleKind Kind, ConsoleVia? Via, string Route, ReadinessAnswer? Readiness, bool Openable, string? WhyNot, EndpointAnswer? Endpoint);

internal sealed record ReadinessAnswer(ConsoleSecurity Security, string Reason, DateTimeOffset ProvedAt, ServedCertificate? Certificate);

internal sealed record EndpointAnswer(string? Host, int? Port, int? TlsPort, string? Path);

/// <summary>The one answer that holds a token. Does not print it.</summary>
/// <param name="Url">Opens the console in a browser. The token is in its fragment, which browsers send to nobody.</param>
internal sealed record TokenIssuedAnswer(string Id, string Token, string Url, DateTimeOffset ExpiresAt)
{
    public override string ToString() => $"token {Id}";
}

internal sealed record TokenAnswer(
    string Id,
    string User,
    DomainId Domain,
    string DomainName,
    string Console,
    ConsoleKind Kind,
    ConsoleRights Rights,
    DateTimeOffset IssuedAt,
    DateTimeOffset ExpiresAt,
    DateTimeOffset? RedeemedAt,
    DateTimeOffset? RevokedAt);

/// <param name="Viewer">The viewer's address.</param>
internal sealed record SessionAnswer(
    string Id, string Token, string User, DomainId Domain, string DomainName, string Console, ConsoleKind Kind, ConsoleRights Rights, string Node, string? Viewer, DateTimeOffset StartedAt);
