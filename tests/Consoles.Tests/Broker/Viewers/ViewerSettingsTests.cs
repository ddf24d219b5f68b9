using System.Net;
using System.Net.Http.Json;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Consoles.Broker;
using Consoles.Broker.Hosting;
using Consoles.Common.Inventory;
using Consoles.Tests.Fakes;

namespace Consoles.Tests.Broker.Viewers;

/// <summary>What the settings of viewers make of listeners and files.</summary>
public sealed class ViewerSettingsTests : IDisposable
{
    private const string SpiceOn = "--Viewers:Spice:Enabled=true";
    private const string AtQemu = "--Viewers:Spice:Tls=Qemu";
    private const string Everywhere = "--Listeners:People:Address=0.0.0.0";

    private readonly TempDirectory _folder = new();
    private readonly TestPki _pki = new();

    public ViewerSettingsTests()
    {
        var shown = _pki.Issuer().Issue(new TestRequest { Names = ["consoles.example"], CommonName = "consoles" });
        File.WriteAllText(At("cert.pem"), shown.ChainPem);
        File.WriteAllText(At("key.pem"), shown.KeyPem);
        File.WriteAllText(At("ca.pem"), _pki.RootPem + "\n");
    }

    private string[] Files => [$"--Viewers:CertificateFile={At("cert.pem")}", $"--Viewers:KeyFile={At("key.pem")}"];

    [Fact]
    public async Task Files_name_the_broker_as_it_was_said_and_bring_the_authority_that_was_given()
    {
        await using var broker = await ViewerBroker.StartAsync(null, [.. Files, $"--Viewers:CaFile={At("ca.pem")}", "--Viewers:PublicName=consoles.example"]);

        (await FileAsync(broker, "vnc0")).Should().Contain("host", "consoles.example");
        var spice = await FileAsync(broker, "spice0");
        spice["host"].Should().Be("consoles.example");
        spice["proxy"].Should().MatchRegex($"^http://token:[a-z2-7]{{52}}@consoles\\.example:{broker.Listeners.Spice!.Port}$");
        spice["ca"].Replace("\\n", "\n", StringComparison.Ordinal).Should().Be(_pki.RootPem + "\n");
        spice["host-subject"].Should().Be("CN=consoles");

        // Which is what the listeners show, with the authority between.
        await using var viewer = new SslStream(await ViewerBroker.ConnectAsync(broker.Listeners.Serial!), leaveInnerStreamOpen: false, (_, _, served, _) => Trusts(served!));
        await viewer.AuthenticateAsClientAsync("consoles.example");
    }

    [Fact]
    public async Task A_certificate_from_files_is_for_the_viewers_machine_to_judge_and_an_IPv6_address_stands_in_brackets_in_a_URL()
    {
        await using var broker = await ViewerBroker.StartAsync(null, [.. Files, "--Viewers:PublicName=2001:db8::1"]);

        var spice = await FileAsync(broker, "spice0");
        spice["host"].Should().Be("2001:db8::1");
        spice["proxy"].Should().EndWith($"@[2001:db8::1]:{broker.Listeners.Spice!.Port}");
        spice.Should().NotContainKey("ca");
    }

    [Fact]
    public async Task A_proxy_with_https_is_spoken_to_in_TLS_alone_and_its_files_say_so()
    {
        await using var broker = await ViewerBroker.StartAsync(null, "--Viewers:Spice:Scheme=https");
        var file = await FileAsync(broker, "spice0");
        var proxy = new Uri(file["proxy"]);
        proxy.Scheme.Should().Be("https");
        var asked = Encoding.ASCII.GetBytes($"CONNECT {file["host"]}:{file["tls-port"]} HTTP/1.1\r\nProxy-Authorization: Basic {Convert.ToBase64String(Encoding.ASCII.GetBytes(proxy.UserInfo))}\r\n\r\n");

        await using (var clear = await ViewerBroker.ConnectAsync(broker.Listeners.Spice!))
        {
            await clear.WriteAsync(asked);
            Encoding.ASCII.GetString(await ViewerBroker.DrainAsync(clear)).Should().NotContain("HTTP/");
        }

        await using var outer = await broker.SecureAsync(broker.Listeners.Spice!);
        await outer.WriteAsync(asked);
        var agreed = "HTTP/1.1 200 Connection established\r\n\r\n";
        Encoding.ASCII.GetString(await ViewerBroker.ReadAsync(outer, agreed.Length)).Should().Be(agreed);
        await using var inner = await broker.SecureAsync(outer);
        await inner.WriteAsync("REDQ"u8.ToArray());
        using var guest = await broker.Live.Guests.NextAsync();
        await guest.SendAsync("pixels"u8.ToArray());
        (await ViewerBroker.ReadAsync(inner, 6)).Should().Equal("pixels"u8.ToArray());
    }

    [Theory]
    [InlineData("Viewers:PublicName", "--Viewers:PublicName=a b")]
    [InlineData("Viewers:CertificateFile, Viewers:KeyFile", "--Viewers:CertificateFile=/nowhere/cert.pem")]
    [InlineData("Viewers:CertificateFile, Viewers:KeyFile", "--Viewers:CertificateFile=/nowhere/cert.pem", "--Viewers:KeyFile=/nowhere/key.pem")]
    [InlineData("Viewers:CaFile", "--Viewers:CaFile=/nowhere/ca.pem")]
    [InlineData("Viewers:Spice:Scheme", SpiceOn, AtQemu, "--Viewers:Spice:Address=0.0.0.0")]
    [InlineData("Viewers:Spice:Scheme", SpiceOn, AtQemu, Everywhere)]
    public void What_cannot_work_or_would_give_consoles_away_is_refused_at_the_start(string setting, params string[] settings) =>
        FluentActions.Invoking(() => BrokerHost.Build([$"--Store:Directory={_folder.Path}", .. settings])).Should().Throw<SettingsException>().Which.Faults.Should().ContainSingle().Which.Should().StartWith($"{setting}: ");

    [Theory]
    [InlineData(AtQemu, Everywhere)]
    [InlineData(SpiceOn, Everywhere)]
    [InlineData(SpiceOn, AtQemu)]
    [InlineData(SpiceOn, AtQemu, Everywhere, "--Viewers:Spice:Scheme=https")]
    [InlineData(SpiceOn, AtQemu, Everywhere, "--Viewers:Spice:Address=127.0.0.1")]
    public async Task TLS_may_end_at_QEMU_where_the_proxy_is_spoken_to_in_TLS_or_on_this_machine(params string[] settings)
    {
        await using var broker = BrokerHost.Build([$"--Store:Directory={_folder.Path}", .. settings]);
    }

    public void Dispose()
    {
        _pki.Dispose();
        _folder.Dispose();
    }

    private static async Task<Dictionary<string, string>> FileAsync(ViewerBroker broker, string console)
    {
        using var answer = await broker.Live.Admin.PostAsJsonAsync($"/v1/domains/web1/consoles/{console}/viewer-file", new { });
        var text = await answer.Content.ReadAsStringAsync();
        answer.StatusCode.Should().Be(HttpStatusCode.OK, because: text);
        return text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Skip(1).Select(line => line.Split('=', 2)).ToDictionary(parts => parts[0], parts => parts[1]);
    }

    private bool Trusts(X509Chain served)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(_pki.Root);
        chain.ChainPolicy.ExtraStore.AddRange(served.ChainPolicy.ExtraStore);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        return chain.Build(served.ChainElements[0].Certificate);
    }

    private string At(string file) => Path.Combine(_folder.Path, file);
}
