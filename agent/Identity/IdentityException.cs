using System.Net;

namespace Consoles.Agent.Identity;

/// <summary>The agent has no usable identity, or could not get one. The message says why, and what a person is to do.</summary>
internal sealed class IdentityException(string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>What the broker answered, where it did and refused.</summary>
    public HttpStatusCode? Status { get; init; }
}
