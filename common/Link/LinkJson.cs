using System.Text.Json;
using System.Text.Json.Serialization;
using Consoles.Common.Inventory;

namespace Consoles.Common.Link;

/// <summary>The JSON of everything agent and broker say to one another, source-generated. Unknown members are ignored, so that either side may be the newer one.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, MaxDepth = 32)]
[JsonSerializable(typeof(LinkMessage))]
[JsonSerializable(typeof(NodeReport))]
[JsonSerializable(typeof(EnrolmentRequest))]
[JsonSerializable(typeof(EnrolmentAnswer))]
[JsonSerializable(typeof(HostCertificateRequest))]
[JsonSerializable(typeof(HostCertificateAnswer))]
[JsonSerializable(typeof(HoldRequest))]
public sealed partial class LinkJson : JsonSerializerContext;
