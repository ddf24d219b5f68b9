using System.Text.Json.Serialization;
using Consoles.Common.Inventory;

namespace Consoles.Agent.Reporting;

/// <summary>One domain's part of a report, for comparing.</summary>
[JsonSerializable(typeof(DomainReport))]
[JsonSerializable(typeof(NodeCertificates))]
internal sealed partial class ReportJson : JsonSerializerContext;
