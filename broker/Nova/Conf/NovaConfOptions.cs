using static Consoles.Broker.Nova.Conf.NovaConfType;

namespace Consoles.Broker.Nova.Conf;

/// <summary>Every option of Nova's that is, or was, about consoles, and what becomes of it here.</summary>
internal static class NovaConfOptions
{
    private const string OfGuests = "where guests listen is said by their XML and by qemu.conf; the agent reports what it finds";
    private const string OfNodes = "each node has an address of its own: consoles-broker node invite NAME --address IP";
    private const string OfXml = "it belongs to the domain's XML, which is libvirt's matter";
    private const string Keymap = "viewers send the positions of keys, whatever the keyboard's language";
    private const string NoRpc = "there is no message queue here: tokens are in the broker's store";
    private const string NoXvp = "consoles of XenServer are not served";
    private const string NoRdp = "consoles of Hyper-V are not served; Nova dropped them in 29.0.0";
    private const string NoMks = "consoles of VMware are not served";

    public static readonly IReadOnlyList<NovaConfOption> All =
    [
        Taken("[DEFAULT]record", NovaConfType.File, null, "Nova:Record"),
        Ignored("[DEFAULT]daemon", Switch, "False", "the service manager runs the broker in the background"),
        Taken("[DEFAULT]ssl_only", Switch, "False", "Nova:SslOnly"),
        Taken("[DEFAULT]source_is_ipv6", Switch, "False", "Nova:SourceIsIpv6"),
        Said("[DEFAULT]cert", NovaConfType.File, "self.pem", "Nova:CertificateFile"),
        Said("[DEFAULT]key", NovaConfType.File, null, "Nova:KeyFile"),
        Said("[DEFAULT]web", NovaConfType.File, "/usr/share/spice-html5", "Nova:NoVnc:Web", "Nova:Spice:Web"),

        Taken("[vnc]enabled", Switch, "True", ["Nova:NoVnc:Enabled"], "[DEFAULT]vnc_enabled", "[vnc]vnc_enabled"),
        Taken("[vnc]novncproxy_host", Address, "0.0.0.0", ["Nova:NoVnc:Address"], "[DEFAULT]novncproxy_host"),
        Taken("[vnc]novncproxy_port", Port, "6080", ["Nova:NoVnc:Port"], "[DEFAULT]novncproxy_port"),
        Taken("[vnc]novncproxy_base_url", Url, "http://127.0.0.1:6080/vnc_auto.html", ["Nova:NoVnc:BaseUrl"], "[DEFAULT]novncproxy_base_url"),
        Said("[vnc]auth_schemes", Schemes, "none", "Nova:AuthSchemes") with { Unsaid = "the file does not say it, and Nova's default would open every guest without TLS; GuestTls decides" },
        Said("[vnc]vencrypt_client_key", NovaConfType.File, null, "GuestTls:KeyFile"),
        Said("[vnc]vencrypt_client_cert", NovaConfType.File, null, "GuestTls:CertificateFile"),
        Said("[vnc]vencrypt_ca_certs", NovaConfType.File, null, "GuestTls:CaFile"),
        Ignored("[vnc]server_listen", Text, "127.0.0.1", OfGuests, "[DEFAULT]vncserver_listen", "[vnc]vncserver_listen"),
        Ignored("[vnc]server_proxyclient_address", Text, "127.0.0.1", OfNodes, "[DEFAULT]vncserver_proxyclient_address", "[vnc]vncserver_proxyclient_address"),
        Ignored("[vnc]keymap", Text, "en-us", Keymap, "[DEFAULT]vnc_keymap"),
        Said("[vnc]xvpvncproxy_host", Address, "0.0.0.0", ["Nova:XvpVnc:Address"], "[DEFAULT]xvpvncproxy_host"),
        Said("[vnc]xvpvncproxy_port", Port, "6081", ["Nova:XvpVnc:Port"], "[DEFAULT]xvpvncproxy_port"),
        Said("[vnc]xvpvncproxy_base_url", Url, "http://127.0.0.1:6081/console", ["Nova:XvpVnc:BaseUrl"], "[DEFAULT]xvpvncproxy_base_url"),

        Taken("[spice]enabled", Switch, "False", "Nova:Spice:Enabled"),
        Taken("[spice]html5proxy_host", Address, "0.0.0.0", "Nova:Spice:Address"),
        Taken("[spice]html5proxy_port", Port, "6082", "Nova:Spice:Port"),
        Taken("[spice]html5proxy_base_url", Url, "http://127.0.0.1:6082/spice_auto.html", "Nova:Spice:BaseUrl"),
        Said("[spice]spice_direct_proxy_base_url", Url, "http://127.0.0.1:13002/nova", "Nova:SpiceDirect:BaseUrl"),
        Ignored("[spice]server_listen", Text, "127.0.0.1", OfGuests),
        Ignored("[spice]server_proxyclient_address", Text, "127.0.0.1", OfNodes),
        Ignored("[spice]keymap", Text, "en-us", Keymap),
        Ignored("[spice]agent_enabled", Switch, "True", OfXml),
        Ignored("[spice]image_compression", Text, null, OfXml),
        Ignored("[spice]jpeg_compression", Text, null, OfXml),
        Ignored("[spice]zlib_compression", Text, null, OfXml),
        Ignored("[spice]playback_compression", Switch, null, OfXml),
        Ignored("[spice]streaming_mode", Text, null, OfXml),
        Ignored("[spice]require_secure", Switch, "False", "it belongs to the domain's XML (defaultMode='secure'); GuestTls:AllowPlain=false refuses consoles without TLS here"),

        Taken("[serial_console]enabled", Switch, "False", "Nova:Serial:Enabled"),
        Taken("[serial_console]serialproxy_host", Address, "0.0.0.0", "Nova:Serial:Address"),
        Taken("[serial_console]serialproxy_port", Port, "6083", "Nova:Serial:Port"),
        Taken("[serial_console]base_url", Url, "ws://127.0.0.1:6083/", "Nova:Serial:BaseUrl"),
        Ignored("[serial_console]port_range", PortRange, "10000:20000", "the ports of serial consoles are said by the domain's XML"),
        Ignored("[serial_console]proxyclient_address", Text, "127.0.0.1", OfNodes),

        Taken("[consoleauth]token_ttl", Seconds, "600", ["Nova:TokenTtl"], "[DEFAULT]console_token_ttl"),
        Taken("[consoleauth]enforce_session_timeout", Switch, "False", "Nova:EnforceSessionTimeout"),
        Taken("[console]allowed_origins", List, null, ["Nova:AllowedOrigins"], "[DEFAULT]console_allowed_origins"),
        Taken("[console]ssl_ciphers", Text, null, "Nova:SslCiphers"),
        Taken("[console]ssl_minimum_version", TlsVersion, "default", "Nova:SslMinimumVersion"),

        Said("[DEFAULT]vncproxy_host", Address, "0.0.0.0", "Nova:VncProxy2011:Address"),
        Said("[DEFAULT]vncproxy_port", Port, "6080", "Nova:VncProxy2011:Port"),
        Said("[DEFAULT]vncproxy_wwwroot", NovaConfType.File, "/var/lib/nova/noVNC", "Nova:VncProxy2011:WwwRoot"),
        Said("[DEFAULT]vnc_console_proxy_url", Url, "http://127.0.0.1:6080", "Nova:VncProxy2011:ConsoleProxyUrl"),
        Said("[DEFAULT]vnc_token_ttl", Seconds, "300", "Nova:VncProxy2011:TokenTtl"),

        Ignored("[DEFAULT]consoleauth_topic", Text, "consoleauth", NoRpc),
        Ignored("[workarounds]enable_consoleauth", Switch, "False", NoRpc),
        Ignored("[DEFAULT]console_topic", Text, "console", NoXvp),
        Ignored("[DEFAULT]console_driver", Text, "nova.console.xvp.XVPConsoleProxy", NoXvp),
        Ignored("[xvp]console_xvp_conf", Text, "/etc/xvp.conf", NoXvp, "[DEFAULT]console_xvp_conf"),
        Ignored("[xvp]console_xvp_log", Text, "/var/log/xvp.log", NoXvp, "[DEFAULT]console_xvp_log"),
        Ignored("[xvp]console_xvp_pid", Text, "/var/run/xvp.pid", NoXvp, "[DEFAULT]console_xvp_pid"),
        Ignored("[xvp]console_xvp_conf_template", Text, null, NoXvp, "[DEFAULT]console_xvp_conf_template"),
        Ignored("[xvp]console_xvp_multiplex_port", Port, "5900", NoXvp, "[DEFAULT]console_xvp_multiplex_port", "[xvp]multiplex_port"),
        Ignored("[rdp]enabled", Switch, "False", NoRdp),
        Ignored("[rdp]html5_proxy_base_url", Url, "http://127.0.0.1:6083/", NoRdp),
        Ignored("[mks]enabled", Switch, "False", NoMks),
        Ignored("[mks]mksproxy_base_url", Url, "http://127.0.0.1:6090/", NoMks),
        Ignored("[vmware]vnc_port", Port, "5900", NoMks),
        Ignored("[vmware]vnc_port_total", Number, "10000", NoMks),
    ];

    private static NovaConfOption Taken(string name, NovaConfType type, string? value, params string[] settings) => new(name, type, value, settings);

    private static NovaConfOption Taken(string name, NovaConfType type, string? value, string[] settings, params string[] older) => new(name, type, value, settings, OlderNames: older);

    private static NovaConfOption Said(string name, NovaConfType type, string? value, params string[] settings) => new(name, type, value, settings, OnlyWhenSaid: true);

    private static NovaConfOption Said(string name, NovaConfType type, string? value, string[] settings, params string[] older) =>
        new(name, type, value, settings, OlderNames: older, OnlyWhenSaid: true);

    private static NovaConfOption Ignored(string name, NovaConfType type, string? value, string why, params string[] older) => new(name, type, value, [], why, older);
}
