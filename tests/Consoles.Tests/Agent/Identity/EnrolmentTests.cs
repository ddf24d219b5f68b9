using System.Net;
using Consoles.Agent;
using Consoles.Agent.Identity;
using Consoles.Common.Link;
using Consoles.Tests.Fakes;
using Microsoft.Extensions.Options;

namespace Consoles.Tests.Agent.Identity;

public sealed class EnrolmentTests : IDisposable
{
    private readonly TestPki _pki = new();
    private readonly TempDirectory _directory = new();

    private string State => _directory["state"];

    public void Dispose()
    {
        _pki.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public async Task A_join_token_buys_an_identity()
    {
        await using var broker = await FakeBroker.StartAsync(_pki);

        (await EnrolAsync(broker, broker.Invite())).Should().Be("node1.example");

        using var identity = Files().Read();
        identity.Node.Should().Be("node1.example");
        identity.Broker.Should().Be(broker.Address);
        identity.Tls.Certificate.HasPrivateKey.Should().BeTrue();
        identity.Trust.Roots.Should().ContainSingle().Which.RawData.Should().Equal(_pki.Root.RawData);
    }

    [Fact]
    public async Task Nobody_but_the_owner_can_read_an_identity()
    {
        await using var broker = await FakeBroker.StartAsync(_pki);
        await EnrolAsync(broker, broker.Invite());

        var modes = Directory.GetFiles(Path.Combine(State, "identity")).ToDictionary(file => Path.GetFileName(file)!, File.GetUnixFileMode);

        modes.Keys.Should().BeEquivalentTo("agent-cert.pem", "agent-key.pem", "broker-ca.pem", "broker.json");
        modes.Values.Should().AllBeEquivalentTo(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        File.GetUnixFileMode(State).Should().Be(DurableFiles.OwnerDirectory);
        File.GetUnixFileMode(Path.Combine(State, "identity")).Should().Be(DurableFiles.OwnerDirectory);
    }

    [Fact]
    public async Task The_token_is_not_sent_to_a_broker_that_it_does_not_pin()
    {
        using var other = new TestPki("Another root");
        await using var broker = await FakeBroker.StartAsync(_pki);

        var enrolling = () => EnrolAsync(broker, JoinToken.Create(other.Root.RawData));

        (await enrolling.Should().ThrowAsync<IdentityException>()).Which.Message.Should().Contain("not the one that the join token is from").And.Contain("was not sent");
        broker.Requests.Should().OnlyContain(request => request.StartsWith("GET /authority", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_token_is_not_sent_to_a_server_that_only_shows_the_right_root()
    {
        using var other = new TestPki("Another root");
        await using var broker = await FakeBroker.StartAsync(_pki, other.Server("localhost"));

        var enrolling = () => EnrolAsync(broker, broker.Invite());

        (await enrolling.Should().ThrowAsync<IdentityException>()).Which.Message.Should().Contain("wrong authority");
        broker.Requests.Should().OnlyContain(request => request.StartsWith("GET /authority", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("elsewhere.example", TestPki.ServerAuth, "wrong name")]
    [InlineData("localhost", TestPki.ClientAuth, "wrong use")]
    public async Task The_token_is_not_sent_to_a_certificate_of_the_fleet_that_is_not_the_brokers(string name, string use, string reason)
    {
        await using var broker = await FakeBroker.StartAsync(_pki, _pki.Issue(new TestRequest { Names = [name], Use = use }));

        var enrolling = () => EnrolAsync(broker, broker.Invite());

        (await enrolling.Should().ThrowAsync<IdentityException>()).Which.Message.Should().Contain(reason);
        broker.Requests.Should().OnlyContain(request => request.StartsWith("GET /authority", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_used_token_is_refused_in_the_brokers_words()
    {
        await using var broker = await FakeBroker.StartAsync(_pki);
        var token = broker.Invite();
        await EnrolAsync(broker, token);

        var again = () => EnrolAsync(broker, token, replace: true);

        (await again.Should().ThrowAsync<IdentityException>()).Which.Message.Should().Contain("unknown, used or too old");
    }

    [Fact]
    public async Task An_enrolled_node_is_enrolled_anew_only_by_force()
    {
        await using var broker = await FakeBroker.StartAsync(_pki);
        await EnrolAsync(broker, broker.Invite());
        var token = broker.Invite();

        var unforced = () => EnrolAsync(broker, token);
        (await unforced.Should().ThrowAsync<IdentityException>()).Which.Message.Should().Contain("--force");

        broker.Node = "node2.example";
        (await EnrolAsync(broker, token, replace: true)).Should().Be("node2.example");
        Directory.GetDirectories(State).Should().HaveCount(2, because: "the old key does not stay: there is one identity and the link to it");
    }

    [Fact]
    public async Task An_unreachable_broker_is_called_so()
    {
        var broker = await FakeBroker.StartAsync(_pki);
        await broker.DisposeAsync();

        var enrolling = () => EnrolAsync(broker, broker.Invite());

        (await enrolling.Should().ThrowAsync<IdentityException>()).Which.Message.Should().Contain($"localhost:{broker.Port} is not reachable");
    }

    [Fact]
    public async Task A_full_disk_is_found_out_before_the_token_is_spent()
    {
        await using var broker = await FakeBroker.StartAsync(_pki);
        File.WriteAllText(State, "a file where the directory should be");

        var enrolling = () => EnrolAsync(broker, broker.Invite());

        (await enrolling.Should().ThrowAsync<IdentityException>()).Which.Message.Should().Contain("The token was not sent");
        broker.Requests.Should().BeEmpty();
    }

    [Fact]
    public async Task A_key_that_others_can_read_is_not_used()
    {
        await using var broker = await FakeBroker.StartAsync(_pki);
        await EnrolAsync(broker, broker.Invite());
        File.SetUnixFileMode(Path.Combine(State, "identity", "agent-key.pem"), UnixFileMode.UserRead | UnixFileMode.GroupRead);

        Files().Invoking(files => files.Read()).Should().Throw<IdentityException>().WithMessage("*can be read by others*");
    }

    [Theory]
    [InlineData("agent-cert.pem")]
    [InlineData("agent-key.pem")]
    [InlineData("broker-ca.pem")]
    [InlineData("broker.json")]
    public async Task A_damaged_identity_is_an_error_that_says_what_to_do(string file)
    {
        await using var broker = await FakeBroker.StartAsync(_pki);
        await EnrolAsync(broker, broker.Invite());
        File.WriteAllText(Path.Combine(State, "identity", file), "damaged");

        Files().Invoking(files => files.Read()).Should().Throw<IdentityException>().WithMessage("*cannot be used*enrol*--force*");
    }

    [Fact]
    public async Task An_expired_identity_is_an_error_that_says_what_to_do()
    {
        await using var broker = await FakeBroker.StartAsync(_pki);
        await EnrolAsync(broker, broker.Invite());
        var clock = new TestClock();
        clock.Advance(DateTimeOffset.UnixEpoch.AddYears(100) - clock.GetUtcNow());

        Files(clock).Invoking(files => files.Read()).Should().Throw<IdentityException>().WithMessage("*expired*enrol*--force*");
    }

    [Theory]
    [InlineData("--token", "cj1_nonsense", "not a join token")]
    [InlineData("--token-file", "/nonexistent", "could not be read")]
    public async Task The_command_says_what_is_wrong_with_a_token(string option, string value, string reason)
    {
        var error = new StringWriter();

        var code = await AgentCommandLine.RunAsync(
            ["enrol", "--broker", "https://localhost:1", "--state", State, option, value], TextWriter.Null, error);

        code.Should().Be(1);
        error.ToString().Should().Contain(reason).And.NotContain("nonsense");
    }

    [Fact]
    public async Task The_command_enrols_with_a_token_from_a_file()
    {
        await using var broker = await FakeBroker.StartAsync(_pki);
        File.WriteAllText(_directory["token"], broker.Invite().Reveal() + "\n");
        var output = new StringWriter();

        var code = await AgentCommandLine.RunAsync(
            ["enrol", "--broker", broker.Address.ToString(), "--state", State, "--token-file", _directory["token"]], output, TextWriter.Null);

        code.Should().Be(0);
        output.ToString().Should().Contain("Enrolled as node node1.example");
    }

    [Fact]
    public async Task An_agent_that_is_not_enrolled_does_not_run()
    {
        var error = new StringWriter();

        var code = await AgentCommandLine.RunAsync(["run", "--state", State], TextWriter.Null, error);

        code.Should().Be(78);
        error.ToString().Should().Contain("not enrolled").And.Contain("consoles-broker node invite");
    }

    private IdentityFiles Files(TimeProvider? clock = null) =>
        new(Options.Create(new IdentityOptions { StateDirectory = State }), clock ?? TimeProvider.System);

    private Task<string> EnrolAsync(FakeBroker broker, JoinToken token, bool replace = false) =>
        new Enrolment(Files(), TimeProvider.System).EnrolAsync(broker.Address, token, replace, CancellationToken.None);
}
