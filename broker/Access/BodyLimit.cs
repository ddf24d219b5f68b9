using Microsoft.AspNetCore.Http.Metadata;

namespace Consoles.Broker.Access;

/// <summary>How large a request's body may be.</summary>
internal sealed class BodyLimit(long bytes) : IRequestSizeLimitMetadata
{
    /// <summary>Far more than any request of ours has.</summary>
    public static readonly BodyLimit Small = new(64 * 1024);

    public long? MaxRequestBodySize => bytes;
}
