using System.Net;
using System.Security.Cryptography;
using Consoles.Broker.Authority;
using Consoles.Broker.Nodes;
using Consoles.Broker.Sessions;
using Consoles.Common.Tls;
using Consoles.Tests.Fakes;
using Microsoft.Extensions.Logging.Abstractions;

namespace Consoles.Tests.EndToEnd;

/// <summary>What the authority issues, in real QEMUs that want to see a certificate of whoever connects.</summary>
public sealed class HostCertificateQemuTests : IDisposable
{
    private readonly TempDirectory _state = new();
    private readonly TestAuthority _authority;

    public HostCertificateQemuTests() => _authority = new TestAuthority(_state.Path, TimeProvider.System);

    public void Dispose() => _state.Dispose();

    [Fact]
    public async Task A_node_is_opened_as_itself_and_its_certificate_and_key_are_good_for_no_other()
    {
        var (one, authorities) = await OrderAsync("node1");
        var (two, _) = await OrderAsync("node2");
        await using var qemu = await QemuVnc.StartAsync(certificate: one, authorities: authorities, verifyPeer: true);

        await (await ConnectAsync(qemu, "node1")).DisposeAsync();

        // The address is in the certificate, so that the name alone would let it pass.
        (await FluentActions.Awaiting(() => ConnectAsync(qemu, "node2")).Should().ThrowAsync<GuestException>().WithMessage("*not one that issues for this peer*"))
            .Which.Failure.Should().Be(GuestFailure.Tls);

        using var stolen = two.Identity();
        var thief = VncTargets.Connector(_authority.Trust.Of("node1").Roots, stolen);
        (await FluentActions.Awaiting(() => thief.ConnectAsync(VncTargets.At(qemu.Port), CancellationToken.None)).Should().ThrowAsync<GuestException>())
            .Which.Failure.Should().Be(GuestFailure.Tls);
    }

    [Fact]
    public async Task One_bundle_lets_brokers_of_the_old_and_of_the_new_root_in_and_after_the_old_is_retired_the_new_alone()
    {
        var rollOver = new RollOver(_authority.State, _authority.Roots, TimeProvider.System);
        rollOver.Take(AuthorityCircle.Clients, RollOverStep.Prepare);
        var (both, bundle) = await OrderAsync("node1");
        await using var prepared = await QemuVnc.StartAsync(certificate: both, authorities: bundle, verifyPeer: true);

        using var old = new TlsIdentity(_authority.Client.Context);
        await (await ConnectAsync(prepared, "node1")).DisposeAsync();
        rollOver.Take(AuthorityCircle.Clients, RollOverStep.Activate);
        await (await ConnectAsync(prepared, "node1")).DisposeAsync();

        rollOver.Take(AuthorityCircle.Clients, RollOverStep.Retire);
        var (last, alone) = await OrderAsync("node1");
        await using var retired = await QemuVnc.StartAsync(certificate: last, authorities: alone, verifyPeer: true);
        await (await ConnectAsync(retired, "node1")).DisposeAsync();
        var revoked = VncTargets.Connector(_authority.Trust.Of("node1").Roots, old);
        await FluentActions.Awaiting(() => revoked.ConnectAsync(VncTargets.At(retired.Port), CancellationToken.None)).Should().ThrowAsync<GuestException>();
    }

    private Task<GuestEnd> ConnectAsync(QemuVnc qemu, string node)
    {
        var connector = new VncConnector(
            VncTargets.Dial(VncTargets.Directory()), VncTargets.Routes(new VncTargets.NoAgents()), _authority.Trust, new VncTargets.FixedPassword(null), TimeProvider.System, NullLogger<VncConnector>.Instance);
        return connector.ConnectAsync(VncTargets.At(qemu.Port) with { Node = new NodeIdentity(node, [IPAddress.Loopback]) }, CancellationToken.None);
    }

    private async Task<(TestCertificate Certificate, string Authorities)> OrderAsync(string node)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var answer = await _authority.Hosts.OrderAsync(node, [IPAddress.Loopback], IPAddress.Loopback, TestAgent.Request(key), CancellationToken.None);
        return (new TestCertificate(answer.Certificate, key.ExportPkcs8PrivateKeyPem()), answer.Authorities);
    }
}
