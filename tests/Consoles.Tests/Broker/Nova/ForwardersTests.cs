using System.Net;
using Consoles.Broker.Nova;
using Consoles.Broker.Nova.Api;
using Consoles.Tests.Broker.Nova.Proxies;
using Consoles.Tests.Fakes;
using Microsoft.Extensions.Options;

namespace Consoles.Tests.Broker.Nova;

/// <summary>Whose wrong tokens are counted, where something stands before this face.</summary>
public sealed class ForwardersTests : IAsyncLifetime
{
    private readonly TempDirectory _root = new();

    /// <summary>At each listener that counts: one that guesses, and what it is told first.</summary>
    public static TheoryData<string, string, int> Guesses => new()
    {
        { "NoVnc", NovaBroker.Upgrade("/?token=guess"), 403 },
        { "Of2011", NovaBroker.Upgrade("/data?token=guess"), 403 },
        { "XvpVnc", "GET /console?token=guess HTTP/1.1\r\nHost: a\r\n\r\n", 401 },
        { "SpiceDirect", "GET /nova?token=guess HTTP/1.1\r\nHost: a\r\n\r\n", 401 },
        { "SpiceDirect", "CONNECT guess:5900 HTTP/1.1\r\nHost: a\r\n\r\n", 403 },
        { "Api", "GET /v2.1/servers HTTP/1.1\r\nHost: a\r\nX-Auth-Token: guess\r\nConnection: close\r\n\r\n", 401 },
    };

    public Task InitializeAsync() => File.WriteAllTextAsync(_root["vnc_auto.html"], "<p>auto</p>");

    public Task DisposeAsync()
    {
        _root.Dispose();
        return Task.CompletedTask;
    }

    [Theory]
    [MemberData(nameof(Guesses))]
    public async Task Behind_one_that_was_named_only_who_guesses_has_to_wait(string listener, string request, int first)
    {
        await using var nova = await StartAsync("--Nova:ForwardedFrom:0=127.0.0.1");

        for (var attempt = 0; attempt < 10; attempt++)
        {
            (await AskAsync(nova, listener, request, "203.0.113.9, 198.51.100.7")).Should().Be(first);
        }

        (await AskAsync(nova, listener, request, "198.51.100.8")).Should().Be(429, because: "it is of the network that guessed");
        (await AskAsync(nova, listener, request, "203.0.113.9")).Should().Be(first, because: "it was only said by the one who guessed");
    }

    [Theory]
    [MemberData(nameof(Guesses))]
    public async Task Of_others_it_is_not_believed_and_nobody_guesses_on_under_other_names(string listener, string request, int first)
    {
        await using var nova = await StartAsync("--Nova:ForwardedFrom:0=192.0.2.1");

        for (var attempt = 0; attempt < 10; attempt++)
        {
            (await AskAsync(nova, listener, request, $"198.51.{attempt}.7")).Should().Be(first);
        }

        (await AskAsync(nova, listener, request, "203.0.113.9")).Should().Be(429);
    }

    [Theory]
    [InlineData("10.0.0.1", "198.51.100.7", "198.51.100.7")]
    [InlineData("10.0.0.1", "1.2.3.4,198.51.100.7", "198.51.100.7")]
    [InlineData("10.0.0.1", "1.2.3.4,198.51.100.7,10.0.0.2", "198.51.100.7")]
    [InlineData("::ffff:10.0.0.1", "2001:db8::1", "2001:db8::1")]
    [InlineData("10.0.0.1", "10.0.0.2", "10.0.0.2")]
    [InlineData("10.0.0.1", "nonsense", "10.0.0.1")]
    [InlineData("10.0.0.1", "198.51.100.7,unknown", "10.0.0.1")]
    [InlineData("10.0.0.1", "", "10.0.0.1")]
    [InlineData("198.51.100.9", "1.2.3.4", "198.51.100.9")]
    [InlineData("127.0.0.1", "1.2.3.4", "127.0.0.1")]
    public void It_is_the_last_address_that_no_forwarder_has(string remote, string said, string client)
    {
        var forwarders = new Forwarders(Options.Create(new NovaOptions { ForwardedFrom = ["10.0.0.1", "10.0.0.2"] }));

        forwarders.ClientOf(IPAddress.Parse(remote), said.Split(',')).Should().Be(IPAddress.Parse(client));
    }

    private Task<NovaBroker> StartAsync(string forwarder) => NovaBroker.StartAsync(
        "--Nova:Api:Enabled=true", "--Nova:Api:Port=0", "--Nova:XvpVnc:Enabled=true", "--Nova:SpiceDirect:Enabled=true", "--Nova:VncProxy2011:Enabled=true", $"--Nova:VncProxy2011:WwwRoot={_root.Path}",
        "--Sessions:CloseLimit=00:00:05", "--Access:FailureLimit=10", "--Access:FailureWindow=01:00:00", "--Access:FailurePenalty=01:00:00", forwarder);

    private static async Task<int> AskAsync(NovaBroker nova, string listener, string request, string forwardedFor)
    {
        var at = listener switch
        {
            "NoVnc" => nova.Listeners.NoVnc,
            "Of2011" => nova.Listeners.Of2011,
            "XvpVnc" => nova.Listeners.XvpVnc,
            "SpiceDirect" => nova.Listeners.SpiceDirect,
            _ => nova.Live.Get<NovaApiListener>().Listener,
        };

        using var answer = await RawWebSocket.ConnectAsync(at.EndPoint.Port, request.Replace("\r\n\r\n", $"\r\nX-Forwarded-For: {forwardedFor}\r\n\r\n", StringComparison.Ordinal));
        return answer.Status;
    }
}
