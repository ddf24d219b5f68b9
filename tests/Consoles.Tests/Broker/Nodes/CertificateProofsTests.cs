using Consoles.Broker.Nodes;
using Consoles.Broker.Store;
using Consoles.Tests.Fakes;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Consoles.Tests.Broker.Nodes;

/// <summary>What brokers write down of nodes, for commands.</summary>
public sealed class CertificateProofsTests : IDisposable
{
    private static readonly NodeProof Silent = new(Reports: false, [], [], 0);
    private static readonly NodeProof Speaks = Silent with { Reports = true };

    private readonly TempDirectory _state = new();
    private readonly TestClock _clock = new();

    public void Dispose() => _state.Dispose();

    [Fact]
    public void A_node_that_died_while_no_broker_ran_is_silent()
    {
        var proofs = Proofs();
        proofs.Write("a", 1, [("node1", _clock.GetUtcNow(), CertificateProofs.Text(Speaks))]);
        proofs.Leave("a");
        proofs.Read().Should().ContainSingle(node => node.Reachable);

        _clock.Advance(ConsoleDirectory.SilenceLimit);

        proofs.Read().Should().ContainSingle(node => !node.Reachable && node.Proof.Reports);
    }

    [Fact]
    public void Of_two_brokers_the_one_that_heard_of_the_node_last_is_believed()
    {
        var proofs = Proofs();
        var before = _clock.GetUtcNow();
        _clock.Advance(TimeSpan.FromSeconds(5));
        proofs.Write("b", 1, [("node1", _clock.GetUtcNow(), CertificateProofs.Text(Speaks))]);

        proofs.Write("a", 1, [("node1", before, CertificateProofs.Text(Silent))]);

        proofs.Read().Should().ContainSingle(node => node.Proof.Reports);
        proofs.Write("a", 1, [("node1", _clock.GetUtcNow() + TimeSpan.FromSeconds(1), CertificateProofs.Text(Silent))]);
        proofs.Read().Should().ContainSingle(node => !node.Proof.Reports);
    }

    [Fact]
    public async Task A_node_that_goes_on_saying_the_same_goes_on_being_heard_of()
    {
        _clock.Advance(TimeProvider.System.GetUtcNow() - _clock.GetUtcNow());
        await using var broker = await TestBroker.StartAsync(builder => builder.Services.AddSingleton<TimeProvider>(_clock));
        using var agent = await TestAgent.EnrolAsync(broker);
        using var link = await agent.LinkAsync();
        var proofs = broker.Get<CertificateProofs>();

        for (var round = 0; round < 3; round++)
        {
            await link.ReportAsync(certificates: null);
            _clock.Advance(TimeSpan.FromSeconds(2));
            await Eventually.TrueAsync(() => proofs.Read() is [{ Reachable: true }]);
            _clock.Advance(ConsoleDirectory.SilenceLimit - TimeSpan.FromSeconds(10));
        }

        _clock.Advance(TimeSpan.FromSeconds(20));
        proofs.Read().Should().ContainSingle(node => !node.Reachable);
    }

    private CertificateProofs Proofs()
    {
        var authority = new TestAuthority(_state.Path, _clock);
        authority.Enrol("node1");
        return new CertificateProofs(new Database(Options.Create(new StoreOptions { Directory = _state.Path })), _clock);
    }
}
