using System.ComponentModel.DataAnnotations;
using System.Net;
using Consoles.Broker.Hosting;

namespace Consoles.Broker.Nova;

/// <summary>The listener of the compute API and of the Keystone front.</summary>
internal sealed class NovaApiOptions : IValidatableObject
{
    public bool Enabled { get; set; } = true;

    [Required, IpAddress]
    public string Address { get; set; } = "127.0.0.1";

    /// <summary>0: any that is free.</summary>
    [Range(0, 65535)]
    public int Port { get; set; } = 8774;

    /// <summary>Unless it is said: http on loopback, https elsewhere.</summary>
    public ListenerScheme? Scheme { get; set; }

    /// <summary>How clients reach this listener, for the links in answers and the catalog. Unset: as the request says.</summary>
    public string? PublicUrl { get; set; }

    /// <summary>How long a token that the Keystone front issues is good.</summary>
    [Range(typeof(TimeSpan), "00:01:00", "1.00:00:00")]
    public TimeSpan LoginLifetime { get; set; } = TimeSpan.FromHours(1);

    public ListenerScheme EffectiveScheme =>
        Scheme ?? (IPAddress.TryParse(Address, out var address) && IPAddress.IsLoopback(address) ? ListenerScheme.Http : ListenerScheme.Https);

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (EffectiveScheme == ListenerScheme.Http && IPAddress.TryParse(Address, out var address) && !IPAddress.IsLoopback(address))
        {
            yield return new ValidationResult($"plain http is for loopback alone, and the address is {Address}; keys and tokens would cross the network in clear.", [nameof(Scheme)]);
        }

        if (PublicUrl is not null && NovaUrls.Fault(PublicUrl) is { } fault)
        {
            yield return new ValidationResult(fault, [nameof(PublicUrl)]);
        }
    }
}

/// <summary>A real Keystone that says who a caller is. Without <see cref="Url"/>, callers show API keys or tokens of the broker's own Keystone front.</summary>
internal sealed class NovaKeystoneOptions : IValidatableObject
{
    /// <summary>Where Keystone's v3 API is, e.g. https://keystone.example:5000/v3.</summary>
    public string? Url { get; set; }

    /// <summary>The user as whom tokens are validated.</summary>
    public string? User { get; set; }

    [Secret]
    public string? Password { get; set; }

    [Required]
    public string UserDomain { get; set; } = "Default";

    [Required]
    public string Project { get; set; } = "service";

    [Required]
    public string ProjectDomain { get; set; } = "Default";

    /// <summary>Instead of a user: a token that may validate others.</summary>
    [Secret]
    public string? Token { get; set; }

    /// <summary>PEM: the authorities that vouch for Keystone. Unset: those of the system.</summary>
    public string? CaFile { get; set; }

    /// <summary>How long an answer of Keystone's is believed.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "01:00:00")]
    public TimeSpan CacheTime { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>How long Keystone may take.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:01:00")]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Keystone's roles whose bearers are administrators here. Unset: admin. One empty entry: none.</summary>
    [MaxLength(64)]
    public string[]? AdminRoles { get; set; }

    /// <summary>Keystone's roles whose bearers may open consoles. Unset: member. One empty entry: none.</summary>
    [MaxLength(64)]
    public string[]? MemberRoles { get; set; }

    /// <summary>Keystone's roles whose bearers may look at lists. Unset: reader. One empty entry: none.</summary>
    [MaxLength(64)]
    public string[]? ReaderRoles { get; set; }

    /// <summary>Projects whose tokens count, by id, or by name where they are of <see cref="ProjectDomain"/>. Empty: all, so that who has a role in any project has it here for every guest.</summary>
    [MaxLength(256)]
    public string[] Projects { get; set; } = [];

    /// <summary>Whether tokens and the password may go to Keystone in clear, beyond this machine.</summary>
    public bool AllowHttp { get; set; }

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Url is null)
        {
            yield break;
        }

        if (NovaUrls.Fault(Url) is { } fault)
        {
            yield return new ValidationResult(fault, [nameof(Url)]);
        }
        else if (new Uri(Url) is { Scheme: "http", IsLoopback: false } && !AllowHttp)
        {
            yield return new ValidationResult($"plain http is for loopback alone: tokens and the password would cross the network in clear. Give a URL with https, or set AllowHttp. Found: {Url}.", [nameof(Url)]);
        }

        if (Token is null == (User is null || Password is null))
        {
            yield return new ValidationResult("either a user with a password is given, or a token.", [nameof(User), nameof(Password), nameof(Token)]);
        }

        if (CaFile is not null && !File.Exists(CaFile))
        {
            yield return new ValidationResult($"there is no such file. Found: {CaFile}.", [nameof(CaFile)]);
        }
    }
}

internal static class NovaUrls
{
    /// <summary>Why this is no URL that HTTP is spoken at, in words, or null.</summary>
    public static string? Fault(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is "http" or "https" ? null : $"expected a URL with http or https. Found: {text}.";
}
