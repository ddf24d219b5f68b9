using System.Net;
using System.Security.Cryptography;
using Consoles.Tests.Fakes;

namespace Consoles.Tests.Broker.Authority;

public sealed class HandMadePkiTests : IDisposable
{
    private readonly TempDirectory _files = new();
    private readonly TestPki _pki = new();

    public void Dispose()
    {
        _pki.Dispose();
        _files.Dispose();
    }

    [Theory]
    [InlineData("--Authority:HostCertificates=false")]
    [InlineData("--GuestTls:CaFile=")]
    public async Task A_broker_that_trusts_a_pki_made_by_hand_issues_nothing_and_says_so(string setting)
    {
        await File.WriteAllTextAsync(_files["ca.pem"], _pki.RootPem);
        await using var broker = await TestBroker.StartAsync(args: setting.EndsWith('=') ? setting + _files["ca.pem"] : setting);
        using var agent = await TestAgent.EnrolAsync(broker);
        using var link = await agent.LinkAsync();
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

        using var response = await agent.PostOrderAsync(TestAgent.Request(key));

        response.StatusCode.Should().Be(HttpStatusCode.NotFound);
        (await response.Content.ReadAsStringAsync()).Should().Contain("made by hand");
        (await link.ReportAsync(certificates: null)).Should().BeNull();
    }
}
