using System.Net.Sockets;
using System.Text.Json;
using Consoles.Broker;
using Consoles.Broker.Access;
using Consoles.Broker.Authority;
using Consoles.Broker.Nodes;
using Consoles.Common.Link;
using Consoles.Tests.Fakes;

namespace Consoles.Tests.Broker;

public sealed class BrokerCommandLineTests : IDisposable
{
    private readonly TempDirectory _state = new();
    private readonly StringWriter _output = new();
    private readonly StringWriter _error = new();

    public void Dispose()
    {
        _output.Dispose();
        _error.Dispose();
        _state.Dispose();
    }

    [Fact]
    public async Task Commands_work_before_the_first_start_and_the_broker_knows_what_they_did()
    {
        var key = (await JsonAsync("key", "create", "--role", "admin", "--name", "ada", "--json")).GetProperty("key").GetString();
        var invitation = await JsonAsync("node", "invite", "node1", "--address", "192.0.2.1", "--json");

        await using var broker = await TestBroker.StartAsync(state: _state.Path);

        broker.Get<ApiKeys>().Verify(key)!.Should().Match<ApiKey>(known => known.Name == "ada" && known.Role == ApiRole.Admin && known.ExpiresAt == null);
        JoinToken.TryParse(invitation.GetProperty("token").GetString(), out var token).Should().BeTrue();
        token!.Pins(broker.Get<AuthorityRoots>().Fleet.RawData).Should().BeTrue();
        broker.Get<NodeRegistry>().Redeem(token)!.Value.Node.Should().Be("node1");
    }

    [Fact]
    public async Task Commands_work_beside_a_running_broker()
    {
        await using var broker = await TestBroker.StartAsync(state: _state.Path);
        var created = await JsonAsync("key", "create", "--role", "viewer", "--lifetime", "15m", "--json");
        var key = created.GetProperty("key").GetString();
        broker.Get<ApiKeys>().Verify(key).Should().NotBeNull();

        (await RunAsync("key", "revoke", created.GetProperty("id").GetString()!)).Should().Be(0);

        broker.Get<ApiKeys>().Verify(key).Should().BeNull();
    }

    [Fact]
    public async Task Lists_are_tables_for_people_and_json_for_programs()
    {
        await RunAsync("node", "invite", "node1", "--address", "192.0.2.1", "--address", "2001:db8::1");
        await RunAsync("key", "create", "--role", "operator", "--name", "ada");
        _output.GetStringBuilder().Clear();

        (await RunAsync("node", "list")).Should().Be(0);
        (await RunAsync("key", "list")).Should().Be(0);

        _output.ToString().Should().MatchRegex("NODE +STATE").And.MatchRegex("node1 +invited +192.0.2.1, 2001:db8::1").And.MatchRegex("operator +ada");
        (await JsonAsync("node", "list", "--json"))[0].GetProperty("addresses")[1].GetString().Should().Be("2001:db8::1");
        (await JsonAsync("key", "list", "--json"))[0].GetProperty("role").GetString().Should().Be("operator");
    }

    [Theory]
    [InlineData("node", "invite", "Node_1")]
    [InlineData("node", "invite", "node1", "--address", "nowhere")]
    [InlineData("node", "remove", "node9")]
    [InlineData("key", "revoke", "nothing")]
    [InlineData("key", "create")]
    [InlineData("key", "create", "--role", "king")]
    [InlineData("key", "create", "--role", "admin", "--lifetime", "soon")]
    [InlineData("run", "--set", "nonsense")]
    [InlineData("dance")]
    public async Task What_cannot_be_done_is_said_on_the_error_stream(params string[] args)
    {
        (await RunAsync(args)).Should().Be(1);

        _error.ToString().Should().NotBeEmpty().And.NotContain("   at ");
    }

    [Fact]
    public async Task A_configuration_at_fault_ends_the_broker_with_78_and_without_a_stack_trace()
    {
        (await RunAsync("run", "--port", "70000", "--agents-address", "here", "--log-format", "xml")).Should().Be(78);

        _error.ToString().Should().Contain("3 faults").And.Contain("70000").And.Contain("here").And.Contain("xml").And.NotContain("   at ");
    }

    [Fact]
    public async Task An_address_that_is_taken_is_said_in_words()
    {
        using var taken = new TcpListener(System.Net.IPAddress.Loopback, 0);
        taken.Start();
        var port = ((System.Net.IPEndPoint)taken.LocalEndpoint).Port;

        (await RunAsync("run", "--port", $"{port}", "--agents-port", "0")).Should().Be(1);

        _error.ToString().Should().Contain($"127.0.0.1:{port}").And.NotContain("   at ");
    }

    [Theory]
    [InlineData("90s", 90)]
    [InlineData("15m", 900)]
    [InlineData("8h", 28_800)]
    [InlineData("30d", 2_592_000)]
    [InlineData("0s", null)]
    [InlineData("-1s", null)]
    [InlineData("s", null)]
    [InlineData("15", null)]
    [InlineData("15x", null)]
    [InlineData("99999999999s", null)]
    public void A_lifetime_is_a_number_and_a_unit(string text, int? seconds)
    {
        KeyCommands.TryParseTime(text, out var time).Should().Be(seconds is not null);
        time.TotalSeconds.Should().Be(seconds ?? 0);
    }

    private Task<int> RunAsync(params string[] args) => BrokerCommandLine.RunAsync([.. args, "--state", _state.Path], _output, _error);

    private async Task<JsonElement> JsonAsync(params string[] args)
    {
        _output.GetStringBuilder().Clear();
        (await RunAsync(args)).Should().Be(0, because: _error.ToString());
        return JsonDocument.Parse(_output.ToString()).RootElement;
    }
}
