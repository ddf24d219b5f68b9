using System.Net.Sockets;
using System.Security.Cryptography;
using Consoles.Agent.Inventory;
using Consoles.Common.Inventory;
using Consoles.Common.Rfb;
using Consoles.Tests.Fakes;

namespace Consoles.Tests.Agent.Inventory;

public sealed class ReadinessProbeTests : IDisposable
{
    private readonly TestPki _pki = new();
    private readonly CancellationTokenSource _limit = new(TimeSpan.FromSeconds(30));

    public void Dispose()
    {
        _pki.Dispose();
        _limit.Dispose();
    }

    [Theory]
    [InlineData(new byte[] { 1 }, null, "None", "No protection at all (None).")]
    [InlineData(new byte[] { 2 }, null, "Password", "A password, and no TLS (VncAuthentication).")]
    [InlineData(new byte[] { 1, 2 }, null, "Password", "A password, and no TLS (None, VncAuthentication).")]
    [InlineData(new byte[] { 20 }, null, "Password", "A password, and no TLS (Sasl).")]
    [InlineData(new byte[] { 18 }, null, "AnonymousTls", "*TLS without a certificate*")]
    [InlineData(new byte[] { 5 }, null, "Unreachable", "*not known here (5).")]
    [InlineData(new byte[] { 19 }, new[] { 256 }, "Password", "*VeNCrypt (Plain)*")]
    [InlineData(new byte[] { 19 }, new[] { 257 }, "AnonymousTls", "*VeNCrypt (TlsNone)*")]
    [InlineData(new byte[] { 19 }, new[] { 258, 264 }, "AnonymousTls", "*TlsVnc, TlsSasl*")]
    [InlineData(new byte[] { 19 }, new[] { 260 }, "X509", "TLS with a certificate (VeNCrypt (X509None)).")]
    [InlineData(new byte[] { 19, 1 }, new[] { 260 }, "X509", "*VeNCrypt, None (X509None)*")]
    [InlineData(new byte[] { 19 }, new[] { 257, 260, 261 }, "X509Password", "TLS with a certificate, and a VNC password*")]
    [InlineData(new byte[] { 19 }, new[] { 262 }, "X509Password", "*user name*")]
    [InlineData(new byte[] { 19 }, new[] { 263 }, "X509Sasl", "*SASL*")]
    public async Task The_strongest_protection_that_is_offered_is_what_is_found(byte[] types, int[]? subtypes, string security, string reason)
    {
        await using var server = new FakeVncServer(new FakeVncScript
        {
            Types = [.. types.Select(type => (RfbSecurityType)type)],
            Subtypes = [.. (subtypes ?? []).Select(subtype => (VeNCryptSubtype)subtype)],
            Certificate = _pki.Server("node1"),
        });

        var found = await ProbeAsync(VncTargets.Console(server.Port));

        found!.Security.Should().Be(Enum.Parse<ConsoleSecurity>(security));
        found.Reason.Should().Match(reason);
        (found.Certificate is not null).Should().Be(security.StartsWith("X509", StringComparison.Ordinal));
        server.Shared.Should().BeEmpty(because: "a probe does not go into authentication");
        await Eventually.TrueAsync(() => server.Open == 0);
    }

    [Fact]
    public async Task The_certificate_is_the_one_that_is_served_whoever_issued_it_and_whenever_it_ended()
    {
        var expired = _pki.Expired("node1", "10.0.0.1");
        await using var server = new FakeVncServer(new FakeVncScript { Types = [RfbSecurityType.VeNCrypt], Certificate = expired });

        var certificate = (await ProbeAsync(VncTargets.Console(server.Port)))!.Certificate!;

        using var leaf = expired.Leaf();
        certificate.Fingerprint.Should().Be(Convert.ToHexStringLower(SHA256.HashData(leaf.RawData)));
        certificate.Serial.Should().Be(leaf.SerialNumber.ToLowerInvariant());
        certificate.Names.Should().Equal("node1", "10.0.0.1");
        certificate.Subject.Should().Be("CN=test");
        certificate.NotAfter.UtcDateTime.Should().Be(leaf.NotAfter.ToUniversalTime());
        certificate.NotBefore.Offset.Should().Be(TimeSpan.Zero);
    }

    [Fact]
    public async Task A_unix_socket_is_asked_as_well()
    {
        var directory = Directory.CreateTempSubdirectory("vnc-");
        var path = Path.Combine(directory.FullName, "vnc.sock");

        await using (new FakeVncServer(at: new UnixDomainSocketEndPoint(path)))
        {
            (await ProbeAsync(new ConsoleEndpoint { Kind = ConsoleKind.Vnc, Name = "vnc0", Transport = ConsoleTransport.Unix, Path = path }))!
                .Security.Should().Be(ConsoleSecurity.None);
        }

        directory.Delete(recursive: true);
        (await ProbeAsync(new ConsoleEndpoint { Kind = ConsoleKind.Vnc, Name = "vnc0", Transport = ConsoleTransport.Unix, Path = path }))!
            .Security.Should().Be(ConsoleSecurity.Unreachable);
    }

    [Theory]
    [InlineData("0.0.0.0")]
    [InlineData("localhost")]
    public async Task What_listens_on_every_address_is_asked_on_this_machine(string host)
    {
        await using var server = new FakeVncServer();
        (await ProbeAsync(VncTargets.Console(server.Port) with { Host = host }))!.Security.Should().Be(ConsoleSecurity.None);
    }

    [Fact]
    public async Task Other_kinds_are_not_asked_and_a_VNC_console_without_an_address_cannot_be()
    {
        (await ProbeAsync(VncTargets.Console(1) with { Kind = ConsoleKind.Spice })).Should().BeNull();
        (await ProbeAsync(VncTargets.Console(1) with { Kind = ConsoleKind.Serial })).Should().BeNull();

        var none = await ProbeAsync(new ConsoleEndpoint { Kind = ConsoleKind.Vnc, Name = "vnc0", Transport = ConsoleTransport.None });
        (none!.Security, none.Reason).Should().Be((ConsoleSecurity.Unreachable, "It has no port or socket that could be asked."));
    }

    [Fact]
    public async Task Nobody_there_a_refusal_and_nonsense_are_unreachable_each_with_its_reason()
    {
        int port;

        await using (var server = new FakeVncServer(new FakeVncScript { Refusal = [0, 0, 0, 0, 4, .. "full"u8] }))
        {
            port = server.Port;
            (await ProbeAsync(VncTargets.Console(port)))!.Reason.Should().Be("The server offers no security type: full");
        }

        (await ProbeAsync(VncTargets.Console(port)))!.Reason.Should().Match("No connection to *: Connection refused");

        await using var other = new FakeVncServer(new FakeVncScript { Version = "HTTP/1.1 400 Bad"u8.ToArray() });
        (await ProbeAsync(VncTargets.Console(other.Port)))!.Reason.Should().Contain("does not speak RFB");

        await using var hostile = new FakeVncServer(new FakeVncScript { Refusal = [0, 0xff, 0xff, 0xff, 0xff] });
        (await ProbeAsync(VncTargets.Console(hostile.Port)))!.Reason.Should().Contain("4294967295 bytes");
    }

    [Theory]
    [InlineData("Version")]
    [InlineData("VeNCrypt")]
    [InlineData("Tls")]
    public async Task A_console_that_stalls_is_given_up_after_ten_seconds(string step)
    {
        var clock = new TestClock();
        await using var server = new FakeVncServer(new FakeVncScript
        {
            Types = [RfbSecurityType.VeNCrypt],
            Certificate = _pki.Server("node1"),
            StallsAt = Enum.Parse<FakeVncStep>(step),
        });

        var probing = new ReadinessProbe(clock).ProbeAsync(VncTargets.Console(server.Port), _limit.Token);
        await Eventually.TrueAsync(() => server.Stalled == 1);
        clock.Advance(TimeSpan.FromSeconds(10));

        (await probing)!.Reason.Should().Be("It did not finish its handshake within 10 seconds.");
        await Eventually.TrueAsync(() => server.Open == 0);
    }

    private Task<Readiness?> ProbeAsync(ConsoleEndpoint console) => new ReadinessProbe(TimeProvider.System).ProbeAsync(console, _limit.Token);
}
