using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using Consoles.Broker.Nodes;
using Consoles.Broker.Sessions;
using Consoles.Broker.Sessions.Serial;
using Consoles.Broker.Tokens;
using Consoles.Common.Inventory;
using Consoles.Common.Link;
using Consoles.Common.Serial;
using Consoles.Common.Tls;
using Consoles.Broker.Authority;
using Consoles.Tests.Fakes;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Consoles.Tests.Broker.Sessions.Serial;

public sealed class SerialConnectorTests : IDisposable
{
    private readonly TestPki _pki = new();
    private readonly FakeAgentStreams _agents = new();
    private readonly CollectedLogs _logs = new();
    private readonly TcpListener _qemu = new(IPAddress.Loopback, 0);
    private readonly DialledLines _lines;
    private readonly SerialConnector _connector;
    private readonly RouteOptions _routes = new();
    private readonly ConsoleTarget _target;
    private readonly ConsoleDirectory _directory = VncTargets.Directory();
    private readonly TestClock _clock = new();

    public SerialConnectorTests()
    {
        _qemu.Start();
        var target = VncTargets.At(((IPEndPoint)_qemu.LocalEndpoint).Port);
        _target = target with { Endpoint = target.Endpoint with { Kind = ConsoleKind.Serial, Name = "serial0" } };
        var dial = new SerialDial(_agents, new VncTargets.FixedTrust(new GuestTrust(_pki.Trust(), null)), VncTargets.Dial(_directory, _clock), Options.Create(new GuestTlsOptions()), TimeProvider.System);
        _lines = new DialledLines(dial, TimeProvider.System);
        _connector = new SerialConnector(new RoutePolicy(Options.Create(_routes), _agents), _agents, _lines, TimeProvider.System, new Logger<SerialConnector>(LoggerFactory.Create(log => log.AddProvider(_logs))));
    }

    public void Dispose()
    {
        _qemu.Dispose();
        _agents.Dispose();
        _pki.Dispose();
    }

    [Theory]
    [InlineData("view", false, false)]
    [InlineData("control", true, false)]
    [InlineData("force", true, true)]
    public async Task The_agent_is_told_who_looks_and_what_they_may(string rights, bool mayWrite, bool force)
    {
        await using var guest = await ConnectAsync(Enum.Parse<ConsoleRights>(rights, ignoreCase: true));

        _agents.Asked.Single().Should().Be(("node1", VncTargets.Run, (StreamSource)new SerialSource("serial0", "ada", mayWrite, force)));
        guest.Relayed.Should().BeTrue();
    }

    [Fact]
    public async Task Force_is_logged_with_who_which_and_where_and_nothing_else_is()
    {
        await using var looked = await ConnectAsync(ConsoleRights.Control);
        _logs.Lines.Should().BeEmpty();

        _agents.Refusal = new AgentStreamException(StreamFault.Failed, "no");
        await ((Func<Task>)(() => ConnectAsync(ConsoleRights.Force))).Should().ThrowAsync<GuestException>();

        _logs.Lines.Should().ContainSingle().Which.Should().StartWith("Warning 4060 ada asked by force for console serial0 of web1 (4dea22b3-1d52-d8f3-2516-782e98ab3fa0) on node node1");
    }

    [Theory]
    [InlineData("pty", "control", 4009, "Somebody on the node has this console open, such as with virsh console. An administrator may take it by force.")]
    [InlineData("pty", "force", 4010, "Somebody on the node has this console open, such as with virsh console.")]
    [InlineData("tcp", "control", 4010, "Somebody on the node has this console open, such as with virsh console.")]
    [InlineData("unix", "control", 4010, "Somebody on the node has this console open, such as with virsh console.")]
    public async Task A_console_that_somebody_else_holds_is_said_in_the_agents_words_and_force_is_offered_where_it_helps(string transport, string rights, int code, string words)
    {
        _agents.Refusal = new AgentStreamException(StreamFault.Held, "Somebody on the node has this console open, such as with virsh console.");
        var target = _target with { Endpoint = _target.Endpoint with { Transport = Enum.Parse<ConsoleTransport>(transport, ignoreCase: true) } };

        var connecting = FluentActions.Awaiting(() => _connector.ConnectAsync(target, VncTargets.Grant(target, Enum.Parse<ConsoleRights>(rights, ignoreCase: true)), CancellationToken.None));
        var refused = (await connecting.Should().ThrowAsync<GuestException>()).Which;

        var ending = SessionEnding.Of(refused.Failure, refused.Message);
        ending.Should().Be(new SessionEnding((CloseCode)code, words));
        ending.FrameReason.Should().Be(words, because: "a close frame has room for it");
    }

    [Fact]
    public async Task A_viewer_who_may_only_look_sends_nothing_to_the_agent()
    {
        await using var guest = await ConnectAsync(ConsoleRights.View);
        using var viewer = new MemoryStream([.. SerialFrame.Encode(SerialFrameType.Take, []), .. SerialFrame.Encode(SerialFrameType.Input, "rm -rf /\r"u8)]);

        await using var admitted = await guest.AdmitAsync(viewer, ConsoleRights.View, CancellationToken.None);

        (await admitted.ReadAsync(new byte[1000])).Should().Be(0);
        guest.LastInput.Should().NotBeNull();
    }

    [Fact]
    public async Task A_line_that_breaks_the_rules_of_frames_is_not_read_on()
    {
        await using var guest = await ConnectAsync();
        var agent = await _agents.NextAsync();
        var read = new byte[100];
        await agent.WriteAsync(SerialFrame.Encode(SerialFrameType.Live, []));
        (await guest.Stream.ReadAtLeastAsync(read, 3)).Should().Be(3);

        await agent.WriteAsync(new byte[] { 0x41, 0, 0 });

        await ((Func<Task>)(async () => await guest.Stream.ReadExactlyAsync(read))).Should().ThrowAsync<SerialFrameException>();
    }

    [Fact]
    public async Task Two_viewers_share_one_connection_that_the_broker_dials_and_it_goes_with_the_last()
    {
        _routes.Default = RoutePreference.Direct;
        var first = await ConnectAsync();
        using var qemu = await _qemu.AcceptTcpClientAsync().WaitAsync(TimeSpan.FromSeconds(30));
        await qemu.GetStream().WriteAsync("one "u8.ToArray());
        (await ReadAsync(first, "one ")).Should().Contain("one ");

        var second = await ConnectAsync(ConsoleRights.View);
        (await ReadAsync(second, "one ")).Should().Contain("one ", because: "the past comes first");
        await qemu.GetStream().WriteAsync("two"u8.ToArray());
        (await ReadAsync(first, "two")).Should().Contain("two");
        (await ReadAsync(second, "two")).Should().Contain("two");
        _qemu.Pending().Should().BeFalse();
        _lines.Count.Should().Be(1);

        await first.Stream.WriteAsync(SerialFrame.Encode(SerialFrameType.Input, "typed"u8));
        var typed = new byte[5];
        await qemu.GetStream().ReadExactlyAsync(typed).AsTask().WaitAsync(TimeSpan.FromSeconds(30));
        typed.Should().Equal("typed"u8.ToArray());

        await first.DisposeAsync();
        await second.DisposeAsync();
        (await qemu.GetStream().ReadAsync(typed).AsTask().WaitAsync(TimeSpan.FromSeconds(30))).Should().Be(0);
        await Eventually.TrueAsync(() => _lines.Count == 0);
    }

    [Fact]
    public async Task A_console_that_was_dialled_and_ended_is_never_dialled_again_for_the_same_viewers()
    {
        _routes.Default = RoutePreference.Direct;
        await using var guest = await ConnectAsync();
        var qemu = await _qemu.AcceptTcpClientAsync().WaitAsync(TimeSpan.FromSeconds(30));

        // Another guest's QEMU may listen there a moment later.
        qemu.Dispose();

        (await ReadAsync(guest, "nothing more")).Should().NotContain("nothing more");
        _qemu.Pending().Should().BeFalse();
        await Eventually.TrueAsync(() => _lines.Count == 0);
    }

    [Fact]
    public async Task A_console_that_was_dialled_is_not_used_unless_the_agent_says_that_it_is_that_runs()
    {
        _routes.Default = RoutePreference.Direct;
        _agents.WhyNot = "That run of the domain is over.";

        (await ((Func<Task>)(() => ConnectAsync())).Should().ThrowAsync<GuestException>()).WithMessage("That run of the domain is over.");
        using var qemu = await _qemu.AcceptTcpClientAsync().WaitAsync(TimeSpan.FromSeconds(30));
        (await qemu.GetStream().ReadAsync(new byte[1]).AsTask().WaitAsync(TimeSpan.FromSeconds(30))).Should().Be(0, because: "nothing is typed into whoever answered");
    }

    [Theory]
    [InlineData(RoutePreference.Direct)]
    [InlineData(RoutePreference.Relayed)]
    public async Task Without_the_agent_a_serial_console_is_not_dialled_at_all(object preference)
    {
        _routes.Default = (RoutePreference)preference;
        _agents.Away = true;

        (await ((Func<Task>)(() => ConnectAsync())).Should().ThrowAsync<GuestException>()).WithMessage("*not connected*Nothing would prove whose console answers.");
        _qemu.Pending().Should().BeFalse();
    }

    [Fact]
    public async Task A_port_where_nobody_listens_is_said_to_the_viewer()
    {
        _routes.Default = RoutePreference.Direct;
        using var nobody = Loopback.Nobody(out var port);
        var target = _target with { Endpoint = _target.Endpoint with { Port = port } };

        (await ((Func<Task>)(() => _connector.ConnectAsync(target, VncTargets.Grant(target), CancellationToken.None))).Should().ThrowAsync<GuestException>()).Which.Failure.Should().Be(GuestFailure.Unreachable);
        await Eventually.TrueAsync(() => _lines.Count == 0);
    }

    [Fact]
    public async Task A_port_in_TLS_that_its_node_has_closed_for_a_moment_is_dialled_again()
    {
        _routes.Default = RoutePreference.Direct;
        using var closed = Loopback.Nobody(out var port);
        var target = _target with { Endpoint = _target.Endpoint with { Port = port, Tls = true } };
        _directory.Apply(target.Node, TestLink.Whole(1, target.Domain with { Consoles = [target.Endpoint] }) with { Certificates = new NodeCertificates() });

        var connecting = _connector.ConnectAsync(target, VncTargets.Grant(target), CancellationToken.None);
        await Eventually.TrueAsync(() => _clock.Waiting == 1, because: () => "it was refused");
        closed.Listen();
        var accepting = closed.AcceptAsync();
        await _clock.StepUntilAsync(accepting, TimeSpan.FromMilliseconds(100));

        await using var qemu = new SslStream(new NetworkStream(await accepting, ownsSocket: true));
        using var identity = _pki.Server("node1").Identity();
        await qemu.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificateContext = identity.Context }).WaitAsync(TimeSpan.FromSeconds(30));
        await qemu.WriteAsync("past the moment"u8.ToArray());
        await using var guest = await connecting;
        (await ReadAsync(guest, "past the moment")).Should().Contain("past the moment");
    }

    private Task<GuestEnd> ConnectAsync(ConsoleRights rights = ConsoleRights.Control) => _connector.ConnectAsync(_target, VncTargets.Grant(_target, rights), CancellationToken.None);

    // All that comes until a text is there, or the end.
    private static async Task<string> ReadAsync(GuestEnd guest, string until)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        var text = new StringBuilder();
        var buffer = new byte[4096];

        while (!text.ToString().Contains(until, StringComparison.Ordinal) && await guest.Stream.ReadAsync(buffer, limit.Token) is var count and > 0)
        {
            text.Append(Encoding.ASCII.GetString(buffer, 0, count));
        }

        return text.ToString();
    }
}
