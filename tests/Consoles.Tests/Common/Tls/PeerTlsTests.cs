using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Consoles.Common.Tls;
using Consoles.Tests.Fakes;

namespace Consoles.Tests.Common.Tls;

/// <summary>Real TLS over real sockets: what <see cref="PeerTrust"/> says is what happens.</summary>
public sealed class PeerTlsTests : IDisposable
{
    private readonly TestPki _pki = new();
    private readonly CancellationTokenSource _limit = new(TimeSpan.FromSeconds(30));

    public void Dispose()
    {
        _pki.Dispose();
        _limit.Dispose();
    }

    [Fact]
    public async Task Both_sides_know_each_other()
    {
        using var own = _pki.Issuer().Issue(new TestRequest { Names = ["broker"], Use = TestPki.ClientAuth }).Identity();
        var clientFault = (string?)"not asked";

        var (client, server) = await ConnectAsync(
            _pki.Issuer().Issue(new TestRequest { Names = ["node1"] }),
            stream => PeerTls.ConnectAsync(stream, _pki.Trust(), ["node1"], own, _limit.Token),
            (certificate, chain) => clientFault = _pki.Trust().Check(certificate, chain, PeerRole.Client, ["broker"]));

        await using (client)
        await using (server)
        {
            clientFault.Should().BeNull(because: "the authority between came with the client's certificate");
            await client.WriteAsync("hello"u8.ToArray(), _limit.Token);
            var got = new byte[5];
            await server.ReadExactlyAsync(got, _limit.Token);
            got.Should().Equal("hello"u8.ToArray());
        }
    }

    [Fact]
    public async Task A_server_with_the_wrong_name_gets_no_byte()
    {
        var act = () => ConnectAsync(_pki.Server("node2"), stream => PeerTls.ConnectAsync(stream, _pki.Trust(), ["node1"], null, _limit.Token));
        (await act.Should().ThrowAsync<TlsPeerException>()).WithMessage("*wrong name*node2*node1*");
    }

    [Fact]
    public async Task A_server_that_speaks_no_TLS_is_told_from_one_that_is_not_trusted()
    {
        var (near, far) = await Loopback.PairAsync();
        await far.WriteAsync("RFB 003.008\n"u8.ToArray());
        var act = () => PeerTls.ConnectAsync(near, _pki.Trust(), ["node1"], null, _limit.Token);
        (await act.Should().ThrowAsync<TlsPeerException>()).WithMessage("The TLS handshake failed:*");
        await far.DisposeAsync();
    }

    [Fact]
    public async Task A_stalled_handshake_ends_when_it_is_cancelled()
    {
        var (near, far) = await Loopback.PairAsync();
        using var soon = new CancellationTokenSource(TimeSpan.FromMilliseconds(100));
        var act = () => PeerTls.ConnectAsync(near, _pki.Trust(), ["node1"], null, soon.Token);
        await act.Should().ThrowAsync<OperationCanceledException>();
        await far.DisposeAsync();
    }

    [Fact]
    public async Task The_certificate_of_whoever_answers_can_be_read_and_is_all_that_is_had()
    {
        var expired = _pki.Expired("who");
        var (near, far) = await Loopback.PairAsync();
        var serving = ServeAsync(far, expired, null);

        using var served = await PeerTls.ReadCertificateAsync(near, _limit.Token);

        using var leaf = expired.Leaf();
        served.RawData.Should().Equal(leaf.RawData);
        await FluentActions.Awaiting(async () => await near.ReadAsync(new byte[1])).Should().ThrowAsync<ObjectDisposedException>();
        await far.DisposeAsync();
        await FluentActions.Awaiting(() => serving).Should().NotThrowAsync();
    }

    private async Task<(SslStream Client, SslStream Server)> ConnectAsync(
        TestCertificate certificate, Func<Stream, Task<SslStream>> connect, Action<X509Certificate2, X509Certificate2Collection>? seen = null)
    {
        var (near, far) = await Loopback.PairAsync();
        var serving = ServeAsync(far, certificate, seen);

        try
        {
            var client = await connect(near);
            return (client, (await serving)!);
        }
        catch
        {
            await far.DisposeAsync();
            await serving;
            throw;
        }
    }

    private async Task<SslStream?> ServeAsync(
        Stream stream, TestCertificate certificate, Action<X509Certificate2, X509Certificate2Collection>? seen)
    {
        var tls = new SslStream(stream);

        try
        {
            await tls.AuthenticateAsServerAsync(
                new SslServerAuthenticationOptions
                {
                    ServerCertificateContext = certificate.Identity().Context,
                    ClientCertificateRequired = seen is not null,
                    RemoteCertificateValidationCallback = (_, remote, chain, _) =>
                    {
                        if (remote is X509Certificate2 leaf)
                        {
                            seen?.Invoke(leaf, chain!.ChainPolicy.ExtraStore);
                        }

                        return seen is null || remote is not null;
                    },
                },
                _limit.Token);

            return tls;
        }
        catch (Exception e) when (e is IOException or System.Security.Authentication.AuthenticationException or ObjectDisposedException)
        {
            return null;
        }
    }
}
