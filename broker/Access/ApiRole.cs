using System.Text.Json.Serialization;

namespace Consoles.Broker.Access;

/// <summary>What the bearer of an API key may do. Each role may do what those after it may.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ApiRole>))]
internal enum ApiRole
{
    /// <summary>Everything: nodes, other people's sessions.</summary>
    [JsonStringEnumMemberName("admin")] Admin,

    /// <summary>Open consoles to use them.</summary>
    [JsonStringEnumMemberName("operator")] Operator,

    /// <summary>Look.</summary>
    [JsonStringEnumMemberName("viewer")] Viewer,
}
