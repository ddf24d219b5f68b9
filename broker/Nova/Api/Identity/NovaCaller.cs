using Consoles.Broker.Access;

namespace Consoles.Broker.Nova.Api.Identity;

/// <summary>Who asks the compute API.</summary>
/// <param name="Who">As the rest of the broker knows callers.</param>
/// <param name="HasRole">False: none of the caller's roles means anything here, and nothing is allowed.</param>
/// <param name="ProjectId">The project that the caller speaks for. Domains belong to none: whoever may see one sees all.</param>
internal sealed record NovaCaller(Caller Who, bool HasRole, string ProjectId, string ProjectName)
{
    /// <summary>The one project there is where API keys are shown.</summary>
    public const string OwnProjectId = "636f6e736f6c65730000000000000000";

    public const string OwnProjectName = "consoles";

    public string UserId => Who.KeyId;

    public static NovaCaller Of(ApiKey key) => new(new Caller(key.Name, key.Id, key.Role), HasRole: true, OwnProjectId, OwnProjectName);

    public bool IsAtLeast(ApiRole role) => HasRole && Who.IsAtLeast(role);
}
