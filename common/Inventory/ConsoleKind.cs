using System.Text.Json.Serialization;

namespace Consoles.Common.Inventory;

/// <summary>What a console shows.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ConsoleKind>))]
public enum ConsoleKind
{
    [JsonStringEnumMemberName("vnc")] Vnc,
    [JsonStringEnumMemberName("spice")] Spice,
    [JsonStringEnumMemberName("serial")] Serial,
}
