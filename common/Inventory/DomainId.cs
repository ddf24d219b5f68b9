using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Consoles.Common.Inventory;

/// <summary>A domain's UUID, in libvirt's spelling: lower case, with hyphens.</summary>
[JsonConverter(typeof(DomainIdJson))]
public readonly record struct DomainId(Guid Uuid) : IParsable<DomainId>
{
    public static DomainId Parse(string s, IFormatProvider? provider) =>
        TryParse(s, provider, out var id) ? id : throw new FormatException("A domain id is a UUID such as 4dea22b3-1d52-d8f3-2516-782e98ab3fa0.");

    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out DomainId result)
    {
        var ok = Guid.TryParseExact(s, "D", out var uuid);
        result = new DomainId(uuid);
        return ok;
    }

    public override string ToString() => Uuid.ToString("D");

    internal sealed class DomainIdJson : JsonConverter<DomainId>
    {
        public override DomainId Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            TryParse(reader.GetString(), null, out var id) ? id : throw new JsonException("not a domain UUID");

        public override void Write(Utf8JsonWriter writer, DomainId value, JsonSerializerOptions options) => writer.WriteStringValue(value.ToString());
    }
}
