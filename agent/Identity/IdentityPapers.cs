using System.Text.Json.Serialization;

namespace Consoles.Agent.Identity;

/// <summary>An identity as it lies on disk, all of it PEM. It prints without the key.</summary>
internal sealed record IdentityPapers(string Node, Uri Broker, string Certificate, string Key, string Authority)
{
    public override string ToString() => $"identity of {Node}";
}

/// <summary>What broker.json says.</summary>
internal sealed record BrokerPaper(string Broker, string Node);

[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(BrokerPaper))]
internal sealed partial class IdentityJson : JsonSerializerContext;
