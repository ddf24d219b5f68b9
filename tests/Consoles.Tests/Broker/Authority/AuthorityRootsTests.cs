using System.Security.Cryptography.X509Certificates;
using Consoles.Broker.Authority;
using Consoles.Broker.Hosting;
using Consoles.Broker.Store;
using Consoles.Tests.Fakes;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Consoles.Tests.Broker.Authority;

public sealed class AuthorityRootsTests : IDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly TempDirectory _state = new();

    private string Keys => _state["authority"];

    public void Dispose() => _state.Dispose();

    [Fact]
    public void The_roots_are_made_once_and_are_for_the_broker_alone()
    {
        var made = Make();
        var read = Make();

        read.Fleet.RawData.Should().Equal(made.Fleet.RawData);
        read.Hosts.RawData.Should().Equal(made.Hosts.RawData);
        read.Clients.RawData.Should().Equal(made.Clients.RawData);
        new[] { made.Fleet, made.Hosts, made.Clients }.Select(root => root.Thumbprint).Should().OnlyHaveUniqueItems();

        File.GetUnixFileMode(Keys).Should().Be(OwnerOnly | UnixFileMode.UserExecute);
        var secret = Directory.EnumerateFiles(Keys).Where(file => File.ReadAllText(file).Contains("PRIVATE KEY", StringComparison.Ordinal)).ToList();
        secret.Select(Path.GetFileName).Should().BeEquivalentTo("fleet.pem", "hosts.pem", "clients.pem");
        secret.Should().OnlyContain(file => File.GetUnixFileMode(file) == OwnerOnly);
    }

    [Fact]
    public void A_root_is_an_authority_in_every_word_of_its_certificate()
    {
        var root = Make().Fleet;

        var constraints = root.Extensions.OfType<X509BasicConstraintsExtension>().Single();
        (constraints.Critical, constraints.CertificateAuthority, constraints.HasPathLengthConstraint, constraints.PathLengthConstraint).Should().Be((true, true, true, 0));
        root.Extensions.OfType<X509KeyUsageExtension>().Single().KeyUsages.Should().Be(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign);
        root.Extensions.OfType<X509SubjectKeyIdentifierExtension>().Should().ContainSingle();
    }

    [Fact]
    public void Brokers_and_commands_that_start_at_once_agree_on_the_roots()
    {
        var fleets = new System.Collections.Concurrent.ConcurrentBag<string>();

        Parallel.For(0, 8, new ParallelOptions { MaxDegreeOfParallelism = 8 }, _ => fleets.Add(Make().Fleet.Thumbprint));

        fleets.Distinct().Should().ContainSingle();
        Directory.EnumerateFiles(Keys).Should().HaveCount(6, because: "nothing half-made is left");
    }

    [Theory]
    [InlineData(UnixFileMode.OtherRead)]
    [InlineData(UnixFileMode.GroupRead)]
    public void A_key_that_others_may_read_is_refused_in_words(UnixFileMode others)
    {
        Make();
        File.SetUnixFileMode(Path.Combine(Keys, "clients.pem"), OwnerOnly | others);

        FluentActions.Invoking(Make).Should().Throw<StartException>().WithMessage("*clients.pem*chmod*");
    }

    [Fact]
    public void A_directory_of_keys_that_others_may_enter_is_refused()
    {
        Make();
        File.SetUnixFileMode(Keys, OwnerOnly | UnixFileMode.UserExecute | UnixFileMode.OtherExecute);

        FluentActions.Invoking(Make).Should().Throw<StartException>();
    }

    [Fact]
    public void A_damaged_root_is_refused_and_not_replaced()
    {
        Make();
        File.WriteAllText(Path.Combine(Keys, "fleet.pem"), "rubbish");

        FluentActions.Invoking(Make).Should().Throw<StartException>().WithMessage("*fleet.pem*");
        File.ReadAllText(Path.Combine(Keys, "fleet.pem")).Should().Be("rubbish");
    }

    [Fact]
    public void The_brokers_certificate_is_replaced_at_half_its_life()
    {
        var clock = new TestClock();
        var roots = Make(clock);
        var certificate = new BrokerCertificate(roots, Options.Create(new AuthorityOptions { Names = ["consoles.example", "192.0.2.1"] }), clock, NullLogger<BrokerCertificate>.Instance);
        var first = certificate.Current;

        clock.Advance(TimeSpan.FromHours(83));
        certificate.Current.Should().BeSameAs(first);
        clock.Advance(TimeSpan.FromHours(2));
        var second = certificate.Current;

        second.SerialNumber.Should().NotBe(first.SerialNumber);
        second.NotAfter.Should().BeAfter(first.NotAfter);
        var names = second.Extensions.OfType<X509SubjectAlternativeNameExtension>().Single();
        names.EnumerateDnsNames().Should().Contain(["consoles.example", "localhost"]);
        names.EnumerateIPAddresses().Select(address => address.ToString()).Should().BeEquivalentTo("192.0.2.1", "127.0.0.1", "::1");
    }

    [Fact]
    public void What_the_broker_shows_to_guests_is_replaced_at_half_its_life()
    {
        var clock = new TestClock();
        var certificate = new BrokerClientCertificate(State(Make(clock), clock), clock, NullLogger<BrokerClientCertificate>.Instance);
        var first = certificate.Current;

        clock.Advance(TimeSpan.FromHours(11.9));
        certificate.Current.Should().BeSameAs(first);
        clock.Advance(TimeSpan.FromHours(0.2));

        certificate.Current.NotAfter.Should().BeAfter(first.NotAfter);
        certificate.Current.Subject.Should().Contain("O=Consoles brokers");
    }

    [Fact]
    public void The_brokers_own_certificates_chain_to_their_own_circles_alone()
    {
        var roots = Make();
        var server = new BrokerCertificate(roots, Options.Create(new AuthorityOptions()), TimeProvider.System, NullLogger<BrokerCertificate>.Instance).Current;
        var client = new BrokerClientCertificate(State(roots, TimeProvider.System), TimeProvider.System, NullLogger<BrokerClientCertificate>.Instance).Current;

        Chains(server, roots.Fleet).Should().BeTrue();
        Chains(client, roots.Clients).Should().BeTrue();
        Chains(client, roots.Fleet).Should().BeFalse();
        client.Extensions.OfType<X509EnhancedKeyUsageExtension>().Single().EnhancedKeyUsages[0].Value.Should().Be("1.3.6.1.5.5.7.3.2");
        client.HasPrivateKey.Should().BeTrue();
    }

    private static bool Chains(X509Certificate2 leaf, X509Certificate2 root)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(root);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        return chain.Build(leaf);
    }

    private AuthorityState State(AuthorityRoots roots, TimeProvider clock) =>
        new(new Database(Options.Create(new StoreOptions { Directory = _state.Path })), roots, clock, NullLogger<AuthorityState>.Instance);

    private AuthorityRoots Make() => Make(TimeProvider.System);

    private AuthorityRoots Make(TimeProvider clock) =>
        new(Options.Create(new StoreOptions { Directory = _state.Path }), clock, NullLogger<AuthorityRoots>.Instance);
}
