using System.Security.Cryptography;
using Consoles.Agent.Inventory;
using Consoles.Broker.Sessions;
using Consoles.Broker.Tokens;
using Consoles.Common.Inventory;
using Consoles.Common.Tls;
using Consoles.Tests.Fakes;

namespace Consoles.Tests.EndToEnd;

/// <summary>The agent's probe and the broker's handshake against real QEMU, protected in each way it knows.</summary>
public sealed class QemuVncTests : IDisposable
{
    // The whole screen. Of what has changed alone there may be nothing: QEMU that has not noticed yet that the one before left compares with what that one saw.
    private static readonly byte[] WholeScreen = [3, 0, .. RfbSamples.UpdateRequest[2..]];

    private readonly TestPki _pki = new();
    private readonly TestPki _stranger = new("Stranger");

    public void Dispose()
    {
        _pki.Dispose();
        _stranger.Dispose();
    }

    [Fact]
    public async Task Without_protection_it_is_opened_on_loopback_and_paints()
    {
        await using var qemu = await QemuVnc.StartAsync();
        await FoundAsync(qemu, ConsoleSecurity.None);
        await RefusedAsync(qemu, GuestFailure.Tls, "TLS is required*None*", allowPlain: false);
        await RefusedAsync(qemu, GuestFailure.WrongGuest, "Another guest answered*", domain: "web");

        await using var end = await ConnectAsync(qemu);
        var viewer = new ScriptedStream(RfbSamples.Join(RfbSamples.Version, [1], [0], RfbSamples.SetPixelFormat, RfbSamples.SetEncodings, WholeScreen));
        await using var admitted = await end.AdmitAsync(viewer, ConsoleRights.View, CancellationToken.None);
        await admitted.CopyToAsync(end.Stream);

        var painted = new byte[4];
        await end.Stream.ReadExactlyAsync(painted).AsTask().WaitAsync(TimeSpan.FromSeconds(60));
        painted[0].Should().Be(0, because: "that is a FramebufferUpdate");
    }

    [Fact]
    public async Task A_password_lets_in_and_another_does_not()
    {
        await using var qemu = await QemuVnc.StartAsync(password: "s3cret");
        await FoundAsync(qemu, ConsoleSecurity.Password);
        await RefusedAsync(qemu, GuestFailure.Security, "*refuses the VNC password: Authentication failed", password: "other");
        await RefusedAsync(qemu, GuestFailure.Tls, "TLS is required*VncAuthentication*", password: "s3cret", allowPlain: false);
        await OpenedAsync(qemu, password: "s3cret");
    }

    [Fact]
    public async Task A_certificate_is_checked_for_authority_name_and_time()
    {
        var certificate = _pki.Issuer().Issue(new TestRequest { Names = ["node1", "127.0.0.1"], NotAfter = TimeProvider.System.GetUtcNow().AddDays(1) });
        await using var qemu = await QemuVnc.StartAsync(certificate: certificate, authorities: Authorities(certificate));

        var found = await FoundAsync(qemu, ConsoleSecurity.X509);
        using var leaf = certificate.Leaf();
        found.Certificate!.Fingerprint.Should().Be(Convert.ToHexStringLower(SHA256.HashData(leaf.RawData)));
        found.Certificate.Names.Should().Equal("node1", "127.0.0.1");

        await OpenedAsync(qemu, allowPlain: false);
        await RefusedAsync(qemu, GuestFailure.Tls, "*from the wrong authority*", trust: _stranger.Trust());
        await RefusedAsync(qemu, GuestFailure.Tls, "*has expired*", trust: _pki.Trust(new LaterClock(TimeSpan.FromDays(2))));
        await RefusedAsync(qemu, GuestFailure.Tls, "*is not valid yet*", trust: _pki.Trust(new LaterClock(TimeSpan.FromDays(-2))));
        await RefusedAsync(qemu, GuestFailure.WrongGuest, "Another guest answered*", domain: "web2");
    }

    [Fact]
    public async Task A_certificate_of_another_node_is_refused()
    {
        var certificate = _pki.Server("node2");
        await using var qemu = await QemuVnc.StartAsync(certificate: certificate, authorities: _pki.RootPem);
        await FoundAsync(qemu, ConsoleSecurity.X509);
        await RefusedAsync(qemu, GuestFailure.Tls, "*has the wrong name: it is for node2, and not for node1 or 127.0.0.1.");
    }

    [Fact]
    public async Task A_QEMU_that_verifies_clients_takes_the_brokers_certificate_and_no_other()
    {
        var certificate = _pki.Server("node1");
        await using var qemu = await QemuVnc.StartAsync(certificate: certificate, authorities: _pki.RootPem, verifyPeer: true);
        await FoundAsync(qemu, ConsoleSecurity.X509);

        using var own = _pki.Client("broker").Identity();
        await OpenedAsync(qemu, own: own, allowPlain: false);
        await RefusedAsync(qemu, GuestFailure.Tls, "*want a client certificate, and the broker has none.");

        using var strangers = _stranger.Client("broker").Identity();
        await RefusedAsync(qemu, GuestFailure.Tls, "*seems not to accept the broker's client certificate.", own: strangers);
    }

    [Fact]
    public async Task A_certificate_and_a_password_are_both_asked_for()
    {
        await using var qemu = await QemuVnc.StartAsync(password: "s3cret", certificate: _pki.Server("node1"), authorities: _pki.RootPem);
        await FoundAsync(qemu, ConsoleSecurity.X509Password);
        await OpenedAsync(qemu, password: "s3cret", allowPlain: false);
        await RefusedAsync(qemu, GuestFailure.Security, "*refuses the VNC password: Authentication failed", password: "other");
    }

    [Fact]
    public async Task TLS_without_a_certificate_is_refused()
    {
        await using var qemu = await QemuVnc.StartAsync(anonymous: true);
        await FoundAsync(qemu, ConsoleSecurity.AnonymousTls);
        await RefusedAsync(qemu, GuestFailure.Tls, "*TLS without a certificate only*TlsNone*");
    }

    private string Authorities(TestCertificate certificate) => _pki.RootPem + "\n" + string.Join('\n', certificate.Extra().Select(extra => extra.ExportCertificatePem()));

    private static async Task<Readiness> FoundAsync(QemuVnc qemu, ConsoleSecurity security)
    {
        var found = await new ReadinessProbe(TimeProvider.System).ProbeAsync(VncTargets.Console(qemu.Port), CancellationToken.None);
        found!.Security.Should().Be(security, because: found.Reason);
        return found;
    }

    private async Task OpenedAsync(QemuVnc qemu, string? password = null, TlsIdentity? own = null, bool? allowPlain = null)
    {
        await using var end = await ConnectAsync(qemu, password, own, allowPlain: allowPlain);
        ((VncGuestEnd)end).Init.Name.Should().Be("QEMU (web1)");
    }

    private async Task RefusedAsync(
        QemuVnc qemu,
        GuestFailure failure,
        string words,
        string? password = null,
        TlsIdentity? own = null,
        PeerTrust? trust = null,
        bool? allowPlain = null,
        string domain = "web1")
    {
        var act = () => ConnectAsync(qemu, password, own, trust, allowPlain, domain);
        (await act.Should().ThrowAsync<GuestException>().WithMessage(words)).Which.Failure.Should().Be(failure);
    }

    private Task<GuestEnd> ConnectAsync(
        QemuVnc qemu, string? password = null, TlsIdentity? own = null, PeerTrust? trust = null, bool? allowPlain = null, string domain = "web1") =>
        VncTargets.Connector(trust ?? _pki.Trust(), own, allowPlain, new VncTargets.FixedPassword(password)).ConnectAsync(VncTargets.At(qemu.Port, domain), CancellationToken.None);

    private sealed class LaterClock(TimeSpan by) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + by;
    }
}
