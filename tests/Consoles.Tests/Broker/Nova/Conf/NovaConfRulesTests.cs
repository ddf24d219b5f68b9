using Consoles.Broker;
using Consoles.Broker.Nova;
using Consoles.Broker.Nova.Conf;
using Consoles.Broker.Sessions;
using Consoles.Tests.Fakes;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Consoles.Tests.Broker.Nova.Conf;

/// <summary>What becomes of an option by what others say.</summary>
public sealed class NovaConfRulesTests : IDisposable
{
    private readonly TempDirectory _files = new();

    public void Dispose() => _files.Dispose();

    [Fact]
    public async Task CF_a_file_that_says_nothing_of_guests_TLS_opens_none_without_it()
    {
        var silent = NovaConfImport.Of([]);

        WhyNot(silent, "[vnc]auth_schemes").Should().Contain("the file does not say it");
        (await PlainAsync(silent)).Should().BeNull(because: "guests on this machine are opened without TLS, and no others");
        (await PlainAsync(NovaConfImport.Of(["[vnc]", "auth_schemes=none"]))).Should().BeTrue();
        (await PlainAsync(NovaConfImport.Of(["[vnc]", "auth_schemes=vencrypt"]))).Should().BeFalse();
    }

    [Theory]
    [InlineData("[DEFAULT]|vncproxy_port=6080", false, true)]
    [InlineData("[DEFAULT]|vnc_token_ttl=60", false, true)]
    [InlineData("[DEFAULT]|vncproxy_port=6090|[vnc]|novncproxy_port=6080", true, true)]
    [InlineData("[DEFAULT]|vncproxy_host=0.0.0.0|[vnc]|novncproxy_host=0.0.0.0", true, false)]
    [InlineData("[DEFAULT]|vncproxy_port=7080|[vnc]|novncproxy_port=7080", true, false)]
    [InlineData("[DEFAULT]|vncproxy_port=6080|vnc_enabled=false", false, false)]
    public async Task CF_the_proxy_of_2011_and_todays_do_not_meet_at_one_port(string lines, bool today, bool of2011)
    {
        using var broker = await BuildAsync(NovaConfImport.Of(lines.Split('|')));
        var nova = broker.Services.GetRequiredService<IOptions<NovaOptions>>().Value;

        nova.NoVnc.Enabled.Should().Be(today);
        nova.VncProxy2011.Enabled.Should().Be(of2011);
    }

    [Theory]
    [InlineData("[console]|ssl_ciphers=HIGH:!aNULL", "[console]ssl_ciphers", "HIGH is no single suite")]
    [InlineData("[DEFAULT]|key={file}", "[DEFAULT]key", "there is no cert")]
    [InlineData("[vnc]|vencrypt_client_key={file}", "[vnc]vencrypt_client_key", "there is no vencrypt_client_cert")]
    [InlineData("[vnc]|vencrypt_client_cert={file}|vencrypt_ca_certs={file}", "[vnc]vencrypt_client_cert", "there is no vencrypt_client_key")]
    [InlineData("[vnc]|vencrypt_client_cert={file}|vencrypt_client_key={file}", "[vnc]vencrypt_client_cert", "there are no vencrypt_ca_certs")]
    [InlineData("[vnc]|enabled=false|xvpvncproxy_port=6081", "[vnc]xvpvncproxy_port", "[vnc]enabled is false")]
    [InlineData("[vnc]|enabled=false|[DEFAULT]|vncproxy_port=6080", "[DEFAULT]vncproxy_port", "[vnc]enabled is false")]
    [InlineData("[spice]|spice_direct_proxy_base_url=http://h:13002/nova", "[spice]spice_direct_proxy_base_url", "[spice]enabled is false")]
    [InlineData("[serial_console]|port_range=nonsense", "[serial_console]port_range", "said by the domain's XML")]
    [InlineData("[rdp]|enabled=perhaps", "[rdp]enabled", "Hyper-V")]
    [InlineData("[vmware]|vnc_port=x", "[vmware]vnc_port", "VMware")]
    public async Task CF_what_the_broker_could_not_start_with_or_Nova_has_off_is_ignored_and_the_reason_said(string lines, string option, string why)
    {
        await File.WriteAllTextAsync(_files["a.pem"], "");
        var import = NovaConfImport.Of(lines.Replace("{file}", _files["a.pem"], StringComparison.Ordinal).Split('|'));

        WhyNot(import, option).Should().Contain(why);
        import.Settings.Keys.Should().NotIntersectWith(NovaConfOptions.All.Single(item => item.Name == option).Settings);
        using var broker = await BuildAsync(import);
        var nova = broker.Services.GetRequiredService<IOptions<NovaOptions>>().Value;
        (nova.XvpVnc.Enabled || nova.SpiceDirect.Enabled || nova.VncProxy2011.Enabled).Should().BeFalse();
    }

    [Fact]
    public void CF_a_range_that_is_none_is_Novas_default() =>
        NovaConfImport.Of(["[serial_console]", "port_range=10000"]).Outcomes.Single(outcome => outcome.Option.Name == "[serial_console]port_range")
            .Should().BeEquivalentTo(new { Value = "10000:20000", Place = "Nova's default: line 2 has no range" });

    private static string? WhyNot(NovaConfImport import, string option) => import.Outcomes.Single(outcome => outcome.Option.Name == option).Why;

    private async Task<bool?> PlainAsync(NovaConfImport import)
    {
        using var broker = await BuildAsync(import);
        return broker.Services.GetRequiredService<IOptions<GuestTlsOptions>>().Value.AllowPlain;
    }

    private async Task<Microsoft.Extensions.Hosting.IHost> BuildAsync(NovaConfImport import)
    {
        await File.WriteAllTextAsync(_files["settings.json"], import.ToJson());
        return BrokerHost.BuildForCommand([$"--Config={_files["settings.json"]}", $"--Store:Directory={_files["state"]}"]);
    }
}
