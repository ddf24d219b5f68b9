using System.CommandLine;

namespace Consoles.Broker.Nova.Proxies;

/// <summary>The flags of nova-vncproxy of 2011, which <c>run</c> understands: whoever gives one wants that proxy, and not the one that came after it.</summary>
internal sealed class VncProxyFlags
{
    private readonly Option<string?> _host = Flag("--vncproxy_host");
    private readonly Option<int?> _port = Flag<int?>("--vncproxy_port");
    private readonly Option<string?> _root = Flag("--vncproxy_wwwroot");
    private readonly Option<string?> _url = Flag("--vnc_console_proxy_url");
    private readonly Option<int?> _ttl = Flag<int?>("--vnc_token_ttl");
    private readonly Option<bool?> _enabled = Flag<bool?>("--vnc_enabled");

    public IEnumerable<Option> All => [_host, _port, _root, _url, _ttl, _enabled];

    /// <summary>What was said, as configuration switches.</summary>
    public IEnumerable<string> Read(ParseResult line)
    {
        List<string> said =
        [
            .. SettingsSwitches.Switch("Nova:VncProxy2011:Address", line.GetValue(_host)),
            .. SettingsSwitches.Switch("Nova:VncProxy2011:Port", line.GetValue(_port)),
            .. SettingsSwitches.Switch("Nova:VncProxy2011:WwwRoot", line.GetValue(_root)),
            .. SettingsSwitches.Switch("Nova:VncProxy2011:ConsoleProxyUrl", line.GetValue(_url)),
            .. SettingsSwitches.Switch("Nova:VncProxy2011:TokenTtl", line.GetValue(_ttl)),
        ];

        return said.Count == 0 || line.GetValue(_enabled) == false
            ? said
            : ["--Nova:Enabled=true", "--Nova:NoVnc:Enabled=false", "--Nova:Spice:Enabled=false", "--Nova:Serial:Enabled=false", "--Nova:VncProxy2011:Enabled=true", .. said];
    }

    private static Option<string?> Flag(string name) => Flag<string?>(name);

    private static Option<T> Flag<T>(string name) => new(name) { Description = "As of nova-vncproxy", Hidden = true };
}
