using System.Text.Json;
using Consoles.Broker;
using Consoles.Broker.Nova;
using Consoles.Broker.Nova.Conf;
using Consoles.Tests.Fakes;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Consoles.Tests.Broker.Nova.Conf;

public sealed class NovaConfTests : IDisposable
{
    private readonly TempDirectory _files = new();

    public void Dispose() => _files.Dispose();

    [Fact]
    public void CF_a_file_is_read_as_oslo_config_reads_it()
    {
        var entries = NovaConfFile.Read(
        [
            "# a comment", "; another", "[DEFAULT]", "ssl_only=True", "cert : /c.pem", "", "[console]", "allowed_origins = a.example,", "# within", "  b.example", "\tc.example",
            "ssl_ciphers = \"HIGH\"", "web =", "[vnc]", "a = b = c", "a = d",
        ]);

        entries.Select(entry => (entry.Section, entry.Name, entry.Value, entry.Line)).Should().Equal(
            ("DEFAULT", "ssl_only", "True", 4),
            ("DEFAULT", "cert", "/c.pem", 5),
            ("console", "allowed_origins", "a.example,\nb.example\nc.example", 8),
            ("console", "ssl_ciphers", "HIGH", 12),
            ("console", "web", "", 13),
            ("vnc", "a", "b = c", 15),
            ("vnc", "a", "d", 16));
    }

    [Theory]
    [InlineData("line 1: a value stands before the first [SECTION].", "a = 1")]
    [InlineData("line 2: expected NAME = VALUE. Found: nonsense.", "[vnc]", "nonsense")]
    [InlineData("line 1: expected [SECTION]. Found: [vnc.", "[vnc")]
    [InlineData("line 2: begins with white space, and there is no value before it that it could go on with.", "[vnc]", "  more")]
    [InlineData("line 2: expected NAME = VALUE. Found: = 1.", "[vnc]", "= 1")]
    public void CF_a_line_that_is_none_is_refused_with_its_number(string fault, params string[] lines) =>
        Faults(lines).Should().Equal(fault);

    [Fact]
    public void CF_an_empty_file_means_Novas_defaults()
    {
        var settings = NovaConfImport.Of([]).Settings;

        settings.Should().Contain("Nova:Enabled", "true").And.Contain("Nova:NoVnc:Enabled", "true").And.Contain("Nova:NoVnc:Port", "6080").And.Contain("Nova:NoVnc:Address", "0.0.0.0")
            .And.Contain("Nova:NoVnc:BaseUrl", "http://127.0.0.1:6080/vnc_auto.html").And.Contain("Nova:Spice:Enabled", "false").And.Contain("Nova:Serial:Enabled", "false")
            .And.Contain("Nova:Spice:Port", "6082").And.Contain("Nova:Serial:Port", "6083").And.Contain("Nova:TokenTtl", "600").And.Contain("Nova:EnforceSessionTimeout", "false")
            .And.Contain("Nova:SslOnly", "false").And.Contain("Nova:SslMinimumVersion", "default");
        settings.Keys.Should().NotContain(["Nova:AuthSchemes", "Nova:Record", "Nova:CertificateFile", "Nova:XvpVnc:Enabled", "Nova:VncProxy2011:Enabled", "Nova:SpiceDirect:Enabled"]);
    }

    [Theory]
    [InlineData("DEFAULT", "record=False", "Nova:Record", null)]
    [InlineData("DEFAULT", "record={file}", "Nova:Record", "{file}")]
    [InlineData("DEFAULT", "ssl_only=yes", "Nova:SslOnly", "true")]
    [InlineData("DEFAULT", "source_is_ipv6=1", "Nova:SourceIsIpv6", "true")]
    [InlineData("DEFAULT", "cert={file}", "Nova:CertificateFile", "{file}")]
    [InlineData("DEFAULT", "key={file}|cert={file}", "Nova:KeyFile", "{file}")]
    [InlineData("DEFAULT", "web=/usr/share/novnc", "Nova:NoVnc:Web", "/usr/share/novnc")]
    [InlineData("DEFAULT", "vnc_enabled=False", "Nova:NoVnc:Enabled", "false")]
    [InlineData("vnc", "enabled=off", "Nova:NoVnc:Enabled", "false")]
    [InlineData("vnc", "novncproxy_host=", "Nova:NoVnc:Address", "0.0.0.0")]
    [InlineData("vnc", "novncproxy_host=::", "Nova:NoVnc:Address", "::")]
    [InlineData("DEFAULT", "novncproxy_port=7000", "Nova:NoVnc:Port", "7000")]
    [InlineData("vnc", "novncproxy_base_url=https://c.example/vnc_lite.html", "Nova:NoVnc:BaseUrl", "https://c.example/vnc_lite.html")]
    [InlineData("vnc", "vencrypt_client_key={file}|vencrypt_client_cert={file}|vencrypt_ca_certs={file}", "GuestTls:KeyFile", "{file}")]
    [InlineData("vnc", "vencrypt_client_key={file}|vencrypt_client_cert={file}|vencrypt_ca_certs={file}", "GuestTls:CertificateFile", "{file}")]
    [InlineData("vnc", "vencrypt_ca_certs={file}", "GuestTls:CaFile", "{file}")]
    [InlineData("vnc", "xvpvncproxy_port=6099", "Nova:XvpVnc:Port", "6099")]
    [InlineData("DEFAULT", "xvpvncproxy_host=127.0.0.1", "Nova:XvpVnc:Enabled", "true")]
    [InlineData("vnc", "xvpvncproxy_base_url=http://h:6081/console", "Nova:XvpVnc:BaseUrl", "http://h:6081/console")]
    [InlineData("spice", "enabled=True", "Nova:Spice:Enabled", "true")]
    [InlineData("spice", "html5proxy_host=127.0.0.1", "Nova:Spice:Address", "127.0.0.1")]
    [InlineData("spice", "html5proxy_port=7082", "Nova:Spice:Port", "7082")]
    [InlineData("spice", "html5proxy_base_url=http://h/s.html", "Nova:Spice:BaseUrl", "http://h/s.html")]
    [InlineData("spice", "spice_direct_proxy_base_url=http://h:13002/nova|enabled=true", "Nova:SpiceDirect:Enabled", "true")]
    [InlineData("spice", "spice_direct_proxy_base_url=http://h:13002/nova|enabled=true", "Nova:SpiceDirect:BaseUrl", "http://h:13002/nova")]
    [InlineData("vnc", "novncproxy_host=localhost", "Nova:NoVnc:Address", "127.0.0.1")]
    [InlineData("serial_console", "enabled=TRUE", "Nova:Serial:Enabled", "true")]
    [InlineData("serial_console", "serialproxy_host=127.0.0.1", "Nova:Serial:Address", "127.0.0.1")]
    [InlineData("serial_console", "serialproxy_port=7083", "Nova:Serial:Port", "7083")]
    [InlineData("serial_console", "base_url=wss://h/", "Nova:Serial:BaseUrl", "wss://h/")]
    [InlineData("consoleauth", "token_ttl=0", "Nova:TokenTtl", "0")]
    [InlineData("DEFAULT", "console_token_ttl=30", "Nova:TokenTtl", "30")]
    [InlineData("consoleauth", "enforce_session_timeout=true", "Nova:EnforceSessionTimeout", "true")]
    [InlineData("console", "ssl_ciphers=ECDHE-RSA-AES256-GCM-SHA384", "Nova:SslCiphers", "ECDHE-RSA-AES256-GCM-SHA384")]
    [InlineData("console", "ssl_minimum_version=tlsv1_3", "Nova:SslMinimumVersion", "tlsv1_3")]
    [InlineData("DEFAULT", "vncproxy_host=127.0.0.1", "Nova:VncProxy2011:Address", "127.0.0.1")]
    [InlineData("DEFAULT", "vncproxy_port=6090", "Nova:VncProxy2011:Enabled", "true")]
    [InlineData("DEFAULT", "vncproxy_wwwroot=/var/lib/nova/noVNC", "Nova:VncProxy2011:WwwRoot", "/var/lib/nova/noVNC")]
    [InlineData("DEFAULT", "vnc_console_proxy_url=http://h:6080", "Nova:VncProxy2011:ConsoleProxyUrl", "http://h:6080")]
    [InlineData("DEFAULT", "vnc_token_ttl=60", "Nova:VncProxy2011:TokenTtl", "60")]
    public void CF_an_option_is_taken_over_under_each_of_its_names_and_the_broker_takes_it(string section, string lines, string setting, string? value)
    {
        File.WriteAllText(_files["a.pem"], "");

        var import = NovaConfImport.Of([$"[{section}]", .. lines.Replace("{file}", _files["a.pem"], StringComparison.Ordinal).Split('|')]);

        import.Settings.GetValueOrDefault(setting).Should().Be(value?.Replace("{file}", _files["a.pem"], StringComparison.Ordinal));
        File.WriteAllText(_files["settings.json"], import.ToJson());
        BrokerHost.BuildForCommand([$"--Config={_files["settings.json"]}", $"--Store:Directory={_files["state"]}"]).Dispose();
    }

    [Theory]
    [InlineData("DEFAULT", "console_allowed_origins = a.example, b.example")]
    [InlineData("console", "allowed_origins = a.example,b.example")]
    public void CF_allowed_origins_are_a_list(string section, string line) =>
        NovaConfImport.Of([$"[{section}]", line]).Settings["Nova:AllowedOrigins"].Should().BeEquivalentTo(new[] { "a.example", "b.example" });

    [Fact]
    public void CF_the_last_of_several_counts_and_todays_name_before_an_older_one()
    {
        NovaConfImport.Of(["[vnc]", "novncproxy_port=1", "novncproxy_port=2"]).Settings["Nova:NoVnc:Port"].Should().Be("2");
        NovaConfImport.Of(["[DEFAULT]", "novncproxy_port=1", "[vnc]", "novncproxy_port=2", "[DEFAULT]", "novncproxy_port=3"]).Settings["Nova:NoVnc:Port"].Should().Be("2");
    }

    [Fact]
    public void CF_a_value_may_name_another()
    {
        NovaConfImport.Of(["[DEFAULT]", "my_ip = 192.0.2.1", "[vnc]", "novncproxy_host = $my_ip", "novncproxy_base_url = http://${DEFAULT.my_ip}:$novncproxy_port/v", "novncproxy_port = 99"])
            .Settings.Should().Contain("Nova:NoVnc:Address", "192.0.2.1").And.Contain("Nova:NoVnc:BaseUrl", "http://192.0.2.1:99/v");
        NovaConfImport.Of(["[vnc]", "server_proxyclient_address = $my_ip"]).Outcomes.Should().Contain(outcome => outcome.Value == "$my_ip");
        NovaConfImport.Of(["[vnc]", "novncproxy_base_url = http://h:$novncproxy_port/v"]).Settings.Should().Contain("Nova:NoVnc:BaseUrl", "http://h:6080/v", because: "what is not said is Nova's default");
        NovaConfImport.Of(["[DEFAULT]", "novncproxy_port = 99", "[vnc]", "novncproxy_base_url = http://h:$novncproxy_port/\\$v"]).Settings.Should().Contain("Nova:NoVnc:BaseUrl", "http://h:99/$v");
        NovaConfImport.Of(["[console]", "name = c.example", "[vnc]", "novncproxy_base_url = http://$console.name:$spice.html5proxy_port/v"])
            .Settings.Should().Contain("Nova:NoVnc:BaseUrl", "http://c.example:6082/v");
        Faults("[vnc]", "novncproxy_host = $my_ip").Should().ContainSingle().Which.Should().Contain("line 2").And.Contain("$my_ip to be said in the file");
        Faults("[vnc]", "novncproxy_host = $novncproxy_host").Should().ContainSingle();
    }

    [Theory]
    [InlineData("[DEFAULT]", "ssl_only=maybe", "expected true or false. Found: maybe.")]
    [InlineData("[vnc]", "novncproxy_port=70000", "expected a whole number from 0 to 65535. Found: 70000.")]
    [InlineData("[vnc]", "novncproxy_host=no address", "expected an IP address, or the name of a host that has one. Found: no address.")]
    [InlineData("[vnc]", "novncproxy_base_url=vnc_auto.html", "expected a URL with http, https, ws or wss. Found: vnc_auto.html.")]
    [InlineData("[vnc]", "auth_schemes=tls", "expected none, vencrypt, or both. Found: tls.")]
    [InlineData("[consoleauth]", "token_ttl=-1", "expected a whole number")]
    [InlineData("[console]", "ssl_minimum_version=sslv3", "expected default, tlsv1_1, tlsv1_2, tlsv1_3. Found: sslv3.")]
    [InlineData("[consoleauth]", "token_ttl=31536001", "expected a whole number from 0 to 31536000. Found: 31536001.")]
    public void CF_a_wrong_value_is_refused_with_its_line(string section, string line, string message) =>
        Faults("# head", section, line).Should().ContainSingle().Which.Should().StartWith("line 3: ").And.Contain(message);

    [Fact]
    public void CF_every_option_of_the_guides_is_known()
    {
        string[] names =
        [
            "[DEFAULT]daemon", "[vnc]keymap", "[DEFAULT]vnc_keymap", "[spice]keymap", "[DEFAULT]vncserver_listen", "[vnc]server_listen", "[DEFAULT]vncserver_proxyclient_address",
            "[spice]agent_enabled", "[spice]image_compression", "[spice]jpeg_compression", "[spice]zlib_compression", "[spice]playback_compression", "[spice]streaming_mode", "[spice]require_secure",
            "[spice]server_listen", "[spice]server_proxyclient_address", "[serial_console]port_range", "[serial_console]proxyclient_address", "[DEFAULT]consoleauth_topic", "[DEFAULT]console_topic",
            "[DEFAULT]console_driver", "[xvp]console_xvp_conf", "[xvp]console_xvp_log", "[xvp]console_xvp_pid", "[xvp]multiplex_port", "[rdp]enabled", "[rdp]html5_proxy_base_url", "[mks]enabled",
            "[mks]mksproxy_base_url", "[vmware]vnc_port", "[vmware]vnc_port_total", "[workarounds]enable_consoleauth",
        ];

        foreach (var name in names)
        {
            NovaConfOptions.All.Where(option => option.Names.Contains(name)).Should().ContainSingle(because: name).Which.Ignored.Should().NotBeNullOrEmpty();
        }
    }

    [Fact]
    public async Task CF_import_prints_what_becomes_of_each_option_and_writes_settings_that_the_broker_takes()
    {
        await File.WriteAllTextAsync(_files["nova.conf"], "[DEFAULT]\nmy_ip=192.0.2.1\ntransport_url=rabbit://x\n[vnc]\nauth_schemes=vencrypt,none\nserver_listen=0.0.0.0\nnovncproxy_port=7080\n[console]\nallowed_origins=a.example\n");

        var (code, output, error) = await RunAsync("import-nova-conf", _files["nova.conf"], "--out", _files["settings.json"]);

        code.Should().Be(0, because: error);
        output.Should().MatchRegex(@"\[vnc\]novncproxy_port +7080 +line 7 +Nova:NoVnc:Port").And.MatchRegex(@"\[consoleauth\]token_ttl +600 +Nova's default +Nova:TokenTtl")
            .And.MatchRegex(@"\[vnc\]server_listen +0\.0\.0\.0 +line 6 +where guests listen is said by their XML").And.Contain("line 3: [DEFAULT]transport_url").And.NotContain("rabbit://");
        File.GetUnixFileMode(_files["settings.json"]).Should().Be(UnixFileMode.UserRead | UnixFileMode.UserWrite);

        using var broker = BrokerHost.BuildForCommand([$"--Config={_files["settings.json"]}", $"--Store:Directory={_files["state"]}"]);
        var nova = broker.Services.GetRequiredService<IOptions<NovaOptions>>().Value;
        nova.Should().BeEquivalentTo(new { Enabled = true, AuthSchemes = new[] { "vencrypt", "none" }, AllowedOrigins = new[] { "a.example" }, TokenTtl = 600 });
        nova.NoVnc.Port.Should().Be(7080);
        nova.Spice.Enabled.Should().BeFalse();

        (await RunAsync("import-nova-conf", _files["nova.conf"], "--out", _files["settings.json"])).Error.Should().Contain("cannot be written");
    }

    [Fact]
    public async Task CF_import_of_a_wrong_file_fails_and_without_a_target_the_settings_are_printed()
    {
        await File.WriteAllTextAsync(_files["bad.conf"], "[vnc]\nenabled=perhaps\nnovncproxy_port=x\n");
        var (code, output, error) = await RunAsync("import-nova-conf", _files["bad.conf"]);
        code.Should().Be(1);
        output.Should().BeEmpty();
        error.Should().Contain("line 2: [vnc]enabled").And.Contain("line 3: [vnc]novncproxy_port");
        (await RunAsync("import-nova-conf", _files["none.conf"])).Code.Should().Be(1);

        await File.WriteAllTextAsync(_files["good.conf"], "");
        var printed = (await RunAsync("import-nova-conf", _files["good.conf"])).Output;
        JsonDocument.Parse(printed[(printed.IndexOf("Settings:", StringComparison.Ordinal) + 9)..]).RootElement.GetProperty("Nova").GetProperty("Enabled").GetString().Should().Be("true");
    }

    private static IReadOnlyList<string> Faults(params string[] lines) => FluentActions.Invoking(() => NovaConfImport.Of(lines)).Should().Throw<NovaConfException>().Which.Faults;

    private static async Task<(int Code, string Output, string Error)> RunAsync(params string[] args)
    {
        await using var output = new StringWriter();
        await using var error = new StringWriter();
        var code = await BrokerCommandLine.RunAsync(args, output, error);
        return (code, output.ToString(), error.ToString());
    }
}
