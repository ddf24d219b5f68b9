using System.ComponentModel.DataAnnotations;
using Consoles.Broker.Hosting;

namespace Consoles.Broker.Nova;

/// <summary>One of the proxies' listeners.</summary>
internal sealed class NovaProxyOptions : IValidatableObject
{
    public bool Enabled { get; set; }

    [Required, IpAddress]
    public string Address { get; set; } = "0.0.0.0";

    /// <summary>0: any that is free.</summary>
    [Range(0, 65535)]
    public int Port { get; set; }

    /// <summary>What the API answers, with the token added to it: how clients reach this listener, or what stands before it.</summary>
    [Required]
    public string BaseUrl { get; set; } = "";

    /// <summary>The directory of the viewer's pages. Unset: the distribution's own place of them, where there is one, or else those of this program, which "builtin" names.</summary>
    public string? Web { get; set; }

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (!Uri.TryCreate(BaseUrl, UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https" or "ws" or "wss") || url.Host.Length == 0)
        {
            yield return new ValidationResult($"expected a URL with http, https, ws or wss. Found: {BaseUrl}.", [nameof(BaseUrl)]);
        }
    }
}

/// <summary>The VNC proxy of 2011, whose clients ask on /data.</summary>
internal sealed class Nova2011Options
{
    public bool Enabled { get; set; }

    /// <summary>--vncproxy_host.</summary>
    [Required, IpAddress]
    public string Address { get; set; } = "0.0.0.0";

    /// <summary>--vncproxy_port. 0: any that is free.</summary>
    [Range(0, 65535)]
    public int Port { get; set; } = 6080;

    /// <summary>--vncproxy_wwwroot: a directory with vnc_auto.html.</summary>
    [Required]
    public string WwwRoot { get; set; } = "/var/lib/nova/noVNC";

    /// <summary>--vnc_console_proxy_url.</summary>
    public string? ConsoleProxyUrl { get; set; }

    /// <summary>--vnc_token_ttl, in seconds.</summary>
    [Range(0, 365 * 24 * 3600)]
    public int TokenTtl { get; set; } = 300;

    /// <summary>Whether a policy for Flash is served, which no browser reads since 2020.</summary>
    public bool FlashPolicy { get; set; }

    [Range(0, 65535)]
    public int FlashPolicyPort { get; set; } = 843;
}
