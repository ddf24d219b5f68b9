namespace Consoles.Broker.Nova.Conf;

/// <summary>What becomes of options by what others say: the broker is given nothing that it would not start with, and opens no listener that Nova has off.</summary>
internal sealed class NovaConfRules
{
    private const string Vnc = "[vnc]enabled";
    private const string NoVncPort = "[vnc]novncproxy_port";
    private const string Of2011 = "Nova:VncProxy2011";

    // Faces that Nova has no switch for: on where somebody said anything of them and what they belong to is on.
    private static readonly (string Face, string Switch)[] Faces = [("Nova:XvpVnc", Vnc), ("Nova:SpiceDirect", "[spice]enabled"), (Of2011, Vnc)];

    private readonly List<NovaConfOutcome> _read;

    public NovaConfRules(List<NovaConfOutcome> read) => _read = read;

    private bool IsNoVncSaid => _read.Exists(outcome => outcome.IsSaid && outcome.Option.Name.StartsWith("[vnc]novncproxy_", StringComparison.Ordinal));

    /// <summary>Why an option is not taken over, though it could be by itself; null: it is.</summary>
    public string? WhyNot(NovaConfOutcome outcome)
    {
        if (!outcome.IsSaid || outcome.Taken is null)
        {
            return null;
        }

        foreach (var (face, its) in Faces.Where(item => Array.Exists(outcome.Option.Settings, setting => IsOf(setting, item.Face))))
        {
            if (ValueOf(its) != "true")
            {
                return $"{its} is false, and this listener belongs to it";
            }

            if (face == Of2011 && IsNoVncSaid && ValueOf("[DEFAULT]vncproxy_port") == ValueOf(NoVncPort))
            {
                return $"novncproxy has port {ValueOf(NoVncPort)} and takes the place of the proxy of 2011";
            }
        }

        return outcome.Option.Name switch
        {
            "[DEFAULT]key" when !IsSet("[DEFAULT]cert") => "there is no cert that it belongs to",
            "[vnc]vencrypt_client_key" when !IsSet("[vnc]vencrypt_client_cert") => "there is no vencrypt_client_cert that it belongs to",
            "[vnc]vencrypt_client_cert" when !IsSet("[vnc]vencrypt_client_key") => "there is no vencrypt_client_key that belongs to it",
            "[vnc]vencrypt_client_key" or "[vnc]vencrypt_client_cert" when !IsSet("[vnc]vencrypt_ca_certs") => "there are no vencrypt_ca_certs; guests of the broker's own authority are shown a certificate of that",
            "[console]ssl_ciphers" when OpenSslNames.Read(outcome.Value!).Unknown is { } name => $"{name} is no single suite with forward secrecy by OpenSSL's name; TLS 1.2 and 1.3 are spoken with the system's suites",
            _ => null,
        };
    }

    /// <summary>Switches the faces on that have no switch of their own. Where only the proxy of 2011 was spoken of, it is the one for VNC.</summary>
    public void Switch(IReadOnlyList<NovaConfOutcome> outcomes, Dictionary<string, object> settings)
    {
        foreach (var (face, _) in Faces)
        {
            if (outcomes.Any(outcome => outcome is { IsSaid: true, Why: null } && Array.Exists(outcome.Option.Settings, setting => IsOf(setting, face))))
            {
                settings[face + ":Enabled"] = "true";
            }
        }

        if (settings.ContainsKey(Of2011 + ":Enabled") && !IsNoVncSaid)
        {
            settings["Nova:NoVnc:Enabled"] = "false";
        }
    }

    private static bool IsOf(string setting, string face) => setting.StartsWith(face + ":", StringComparison.Ordinal);

    private string? ValueOf(string name) => _read.Find(outcome => outcome.Option.Name == name)?.Value;

    private bool IsSet(string name) => _read.Exists(outcome => outcome is { IsSaid: true, Taken: not null } && outcome.Option.Name == name);
}
