using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Consoles.Agent;
using Consoles.Agent.Identity;
using Consoles.Broker.Access;
using Consoles.Broker.Authority;
using Consoles.Broker.Nodes;
using Consoles.Tests.Fakes;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Consoles.Tests.EndToEnd;

/// <summary>All of it, real: a libvirtd with QEMUs, an enrolled agent, a broker.</summary>
internal sealed class TestFleet : IAsyncDisposable
{
    public const string Node = "node1";

    private readonly TempDirectory _files = new();
    private IHost? _agent;

    private TestFleet(TestBroker broker)
    {
        Broker = broker;
    }

    public TestBroker Broker { get; }

    public LibvirtHost Host { get; private set; } = null!;

    /// <param name="tls">QEMU speaks VNC inside TLS alone, and wants to see the broker's certificate.</param>
    public static async Task<TestFleet> StartAsync(bool tls = false)
    {
        var fleet = new TestFleet(await TestBroker.StartAsync());

        try
        {
            fleet.Host = await LibvirtHost.StartNewAsync(tls ? fleet.MakeTls() : []);
            fleet._agent = await fleet.StartAgentAsync();
            return fleet;
        }
        catch
        {
            await fleet.DisposeAsync();
            throw;
        }
    }

    /// <summary>Waits until the guest's VNC console can be opened, and answers with the address that opens it once.</summary>
    public async Task<Uri> IssueAsync(string guest, string rights = "control")
    {
        using var client = Broker.CreateClient(Broker.CreateKey(ApiRole.Operator, "ada"));
        var last = "";

        await Eventually.TrueAsync(
            async () =>
            {
                using var answer = await client.GetAsync($"/v1/domains/{guest}/consoles");
                last = await answer.Content.ReadAsStringAsync();
                return answer.IsSuccessStatusCode && JsonDocument.Parse(last).RootElement.GetProperty("items").EnumerateArray().Any(IsReady);
            },
            because: () => last);

        using var issued = await client.PostAsJsonAsync($"/v1/domains/{guest}/consoles/vnc0/tokens", new { rights });
        var token = await issued.Content.ReadFromJsonAsync<JsonElement>();
        return new Uri(token.GetProperty("url").GetString()!);
    }

    public async ValueTask DisposeAsync()
    {
        if (_agent is not null)
        {
            await _agent.StopAsync();
            _agent.Dispose();
        }

        if (Host is not null)
        {
            await Host.DisposeAsync();
        }

        await Broker.DisposeAsync();
        _files.Dispose();
    }

    private static bool IsReady(JsonElement console) =>
        console.GetProperty("openable").GetBoolean() && console.TryGetProperty("readiness", out var readiness) && readiness.ValueKind == JsonValueKind.Object;

    private async Task<IHost> StartAgentAsync()
    {
        var state = Path.Combine(_files.Path, "agent");
        var token = Broker.Get<NodeRegistry>().Invite(Node, [IPAddress.Loopback]).Token;
        var identity = new IdentityFiles(Options.Create(new IdentityOptions { StateDirectory = state }), TimeProvider.System);
        await new Enrolment(identity, TimeProvider.System).EnrolAsync(Broker.Agents, token, replace: false, CancellationToken.None);

        var agent = AgentHost.Build([$"--Identity:StateDirectory={state}", $"--Libvirt:Uri={Host.Uri}"], builder => builder.Logging.ClearProviders());
        await agent.StartAsync();
        return agent;
    }

    private string[] MakeTls()
    {
        var roots = Broker.Get<AuthorityRoots>();
        using var server = Issuing.MakeServer(roots.Hosts, [Node], [IPAddress.Loopback], DateTimeOffset.FromUnixTimeSeconds(TimeProvider.System.GetUtcNow().ToUnixTimeSeconds()), TimeSpan.FromDays(1));
        using var key = System.Security.Cryptography.X509Certificates.ECDsaCertificateExtensions.GetECDsaPrivateKey(server)!;
        var folder = Directory.CreateDirectory(Path.Combine(_files.Path, "pki")).FullName;

        // QEMU checks its own certificate against the same file as its clients'.
        File.WriteAllText(Path.Combine(folder, "ca-cert.pem"), $"{roots.Hosts.ExportCertificatePem()}\n{roots.Clients.ExportCertificatePem()}\n");
        File.WriteAllText(Path.Combine(folder, "server-cert.pem"), server.ExportCertificatePem());
        File.WriteAllText(Path.Combine(folder, "server-key.pem"), key.ExportPkcs8PrivateKeyPem());

        // QEMU's user reads them; they are worth nothing after the test.
        foreach (var path in Directory.EnumerateFiles(folder).Append(folder).Append(_files.Path))
        {
            File.SetUnixFileMode(path, File.GetUnixFileMode(path) | UnixFileMode.OtherRead | (Directory.Exists(path) ? UnixFileMode.OtherExecute : UnixFileMode.None));
        }

        return ["vnc_tls = 1", "vnc_tls_x509_verify = 1", $"vnc_tls_x509_cert_dir = \"{folder}\""];
    }
}
