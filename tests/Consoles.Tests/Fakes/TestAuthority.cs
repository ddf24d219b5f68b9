using System.Net;
using System.Security.Cryptography;
using Consoles.Broker.Authority;
using Consoles.Broker.Nodes;
using Consoles.Broker.Store;
using Consoles.Common.Link;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Consoles.Tests.Fakes;

/// <summary>The broker's authority without a broker around it, as a process has it that was just started on that state directory.</summary>
internal sealed class TestAuthority
{
    private readonly TimeProvider _clock;

    public TestAuthority(string state, TimeProvider clock, AuthorityOptions? options = null)
    {
        _clock = clock;
        var store = Options.Create(new StoreOptions { Directory = state });
        var wanted = Options.Create(options ?? new AuthorityOptions());
        Database = new Database(store);
        Roots = new AuthorityRoots(store, clock, NullLogger<AuthorityRoots>.Instance);
        State = new AuthorityState(Database, Roots, clock, NullLogger<AuthorityState>.Instance);
        Client = new BrokerClientCertificate(State, clock, NullLogger<BrokerClientCertificate>.Instance);
        var above = new HostRoots(wanted);
        Trust = new AuthorityGuestTrust(State, above, Client, clock);

        IHostCertificateIssuer issuer = options?.HostCommand is null
            ? new OwnHostCertificates(State, Roots, wanted, clock, NullLogger<OwnHostCertificates>.Instance)
            : new CommandHostCertificates(State, above, wanted, clock, NullLogger<CommandHostCertificates>.Instance);

        Hosts = new HostCertificates(State, issuer, wanted, NullLogger<HostCertificates>.Instance);
    }

    public Database Database { get; }

    public AuthorityRoots Roots { get; }

    public AuthorityState State { get; }

    public BrokerClientCertificate Client { get; }

    public AuthorityGuestTrust Trust { get; }

    public HostCertificates Hosts { get; }

    public NodeRegistry Nodes => new(Database, Roots, _clock);

    /// <summary>Invites and enrols the node.</summary>
    /// <returns>The enrolment.</returns>
    public DateTimeOffset Enrol(string node)
    {
        Nodes.Redeem(Nodes.Invite(node, []).Token)!.Value.Node.Should().Be(node);
        return Nodes.Find(node)!.EnrolledAt!.Value;
    }

    public async Task<HostCertificateAnswer> OrderAsync(string node, DateTimeOffset? enrolledAt = null)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return await Hosts.OrderAsync(node, enrolledAt, [], IPAddress.Loopback, TestAgent.Request(key), CancellationToken.None);
    }
}

/// <summary>Orders for a node whose enrolment is not what the test is about.</summary>
internal static class TestOrders
{
    public static Task<HostCertificateAnswer> OrderAsync(
        this HostCertificates hosts, string node, IReadOnlyList<IPAddress> invited, IPAddress remote, string request, CancellationToken cancellationToken) =>
        hosts.OrderAsync(node, enrolledAt: null, invited, remote, request, cancellationToken);
}
