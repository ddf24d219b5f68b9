using System.Security.Cryptography.X509Certificates;
using Consoles.Broker;
using Consoles.Broker.Access;
using Consoles.Broker.Tokens;
using Consoles.Broker.Viewers.Attaching;
using Consoles.Tests.Fakes;

namespace Consoles.Tests.Broker.Viewers;

/// <summary>Whom consoles-broker attach takes for the broker.</summary>
public sealed class BrokerClientTests
{
    [Theory]
    [InlineData("root", "127.0.0.1", true)]
    [InlineData("root", "broker.example", false)]
    [InlineData("leaf", "broker.example", true)]
    [InlineData("other root", "127.0.0.1", false)]
    [InlineData("nobody", "127.0.0.1", false)]
    public async Task A_broker_is_trusted_by_its_root_through_authorities_between_for_its_name_alone_or_by_its_very_certificate(string known, string name, bool trusted)
    {
        using var folder = new TempDirectory();
        using var pki = new TestPki();
        using var other = new TestPki("Another root");
        var shown = pki.Issuer().Issue(new TestRequest { Names = [name] });
        await File.WriteAllTextAsync($"{folder.Path}/cert.pem", shown.ChainPem);
        await File.WriteAllTextAsync($"{folder.Path}/key.pem", shown.KeyPem);
        await using var broker = await ViewerBroker.StartAsync(
            null, "--Listeners:People:Scheme=https", $"--Listeners:People:CertificateFile={folder.Path}/cert.pem", $"--Listeners:People:KeyFile={folder.Path}/key.pem");
        var live = broker.Live;
        var authorities = new X509Certificate2Collection(known switch { "root" => [pki.Root], "other root" => [other.Root], "leaf" => [shown.Leaf()], _ => Array.Empty<X509Certificate2>() });
        using var client = new BrokerClient(new Uri(live.Origin), live.Get<ApiKeys>().Create(ApiRole.Operator, "ada", lifetime: null).Secret.Reveal(), authorities);

        var opening = async () => await (await client.OpenAsync("web1", "serial0", ConsoleRights.Control, CancellationToken.None)).DisposeAsync();

        if (trusted)
        {
            await opening.Should().NotThrowAsync();
        }
        else
        {
            await opening.Should().ThrowAsync<CommandException>().WithMessage($"The broker at {live.Origin} does not answer: *");
        }
    }
}
