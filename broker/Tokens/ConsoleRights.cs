using System.Text.Json.Serialization;

namespace Consoles.Broker.Tokens;

/// <summary>What a session may do with a console.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ConsoleRights>))]
internal enum ConsoleRights
{
    /// <summary>See it. Keys, pointer and clipboard of the viewer are dropped by the broker.</summary>
    [JsonStringEnumMemberName("view")] View,

    /// <summary>See and use it.</summary>
    [JsonStringEnumMemberName("control")] Control,

    /// <summary>Also take it from whoever holds it outside of Consoles, such as virsh console. For administrators, and always logged.</summary>
    [JsonStringEnumMemberName("force")] Force,
}
