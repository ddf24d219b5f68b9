using System.Diagnostics;
using Consoles.Broker;
using Consoles.Common.Inventory;
using Consoles.Tests.Fakes;
using Xunit.Abstractions;

namespace Consoles.Tests.EndToEnd;

/// <summary>Rotation after rotation while people look at the guests and new ones come. LONG_TESTS=1 makes it the hundred rotations of docs/certificates.md.</summary>
[Collection(Alone.Name)]
public sealed class RotationUnderLoadTests(ITestOutputHelper output)
{
    // The viewers read nothing for minutes, and so answer no ping.
    private static readonly string[] Unlimited = ["--Tokens:IssuedPerMinute=100000", "--Access:FailureLimit=100000", "--Sessions:MaxPerGuest=100", "--Sessions:PongLimit=00:10:00"];
    private const int MostAtOnce = 10;

    private static readonly bool Long = Environment.GetEnvironmentVariable("LONG_TESTS") is not null;

    [Theory]
    [InlineData("Direct")]
    [InlineData("Relayed")]
    public async Task No_session_is_dropped_and_no_guest_ends(string route)
    {
        var (guests, sessions, rotations) = Long ? (5, 50, 100) : (2, 8, 4);
        await using var node = await RotatingNode.StartAsync(brokerSettings: [.. Unlimited, $"--Routes:Default={route}"]);
        await node.UntilInstalledAsync();
        var names = Enumerable.Range(0, guests).Select(number => $"guest{number}").ToList();

        foreach (var name in names)
        {
            await node.Host.StartAsync(GuestXml.Firmware(name).Vnc());
        }

        var runs = await Task.WhenAll(names.Select(async name => (await node.UntilAsync(name, CertificateCondition.Fresh)).Incarnation));
        var viewers = new List<(string Name, ViewerOfChannel Viewer)>();

        for (var number = 0; number < sessions; number++)
        {
            viewers.Add((names[number % guests], await OpenAsync(node, names[number % guests])));
        }

        using var over = new CancellationTokenSource();
        var coming = ComeAndGoAsync(node, names, over.Token);
        var rotated = new List<double>();

        for (var rotation = 0; rotation < rotations; rotation++)
        {
            var before = node.SerialOnDisk();
            var watch = Stopwatch.StartNew();
            await node.Rotation.RenewNowAsync(CancellationToken.None);

            foreach (var name in names)
            {
                (await node.UntilAsync(name, CertificateCondition.Fresh)).Served!.Serial.Should().Be(node.SerialOnDisk()).And.NotBe(before);
            }

            rotated.Add(watch.Elapsed.TotalSeconds);
        }

        await over.CancelAsync();
        var connects = await coming;

        foreach (var (name, viewer) in viewers)
        {
            (await viewer.FirstUpdateAsync()).Should().BeGreaterThan(0, because: $"the session on {name} goes on. {viewer.Code} {viewer.Reason}");
            viewer.Dispose();
        }

        names.Select(name => node.StandingOf(name)!.Incarnation).Should().Equal(runs);
        output.WriteLine($"{route}: {rotations} rotations of {guests} guests under {sessions} sessions; served by all after {Figures(rotated)} s; {connects.Count} new sessions, to the first screen in {Figures(connects)} s");
    }

    [Theory]
    [InlineData("hosts", new[] { "prepare", "activate", "roll-back", "activate", "retire" })]
    [InlineData("clients", new[] { "prepare", "activate", "roll-back", "activate", "retire" })]
    public async Task A_root_is_rolled_over_and_back_and_no_connect_fails(string circle, string[] steps)
    {
        var guests = Long ? 20 : 2;
        await using var node = await RotatingNode.StartAsync(brokerSettings: [.. Unlimited, "--Routes:Default=Direct"]);
        await node.UntilInstalledAsync();
        var names = Enumerable.Range(0, guests).Select(number => $"guest{number}").ToList();

        foreach (var name in names)
        {
            await node.Host.StartAsync(GuestXml.Firmware(name).Vnc());
        }

        var runs = await Task.WhenAll(names.Select(async name => (await node.UntilAsync(name, CertificateCondition.Fresh)).Incarnation));
        using var over = new CancellationTokenSource();
        var coming = ComeAndGoAsync(node, names, over.Token);

        foreach (var step in steps)
        {
            // A step is refused while the node has not proved the one before.
            var said = "";
            await Eventually.TrueAsync(async () => (said = await TakeAsync(node, circle, step)).StartsWith("0 ", StringComparison.Ordinal), TimeSpan.FromMinutes(3), () => $"{circle} {step}: {said}");
        }

        await Eventually.TrueAsync(async () => (await StatusAsync(node)).Contains("has proved what is wanted", StringComparison.Ordinal), TimeSpan.FromMinutes(3));
        await over.CancelAsync();
        var connects = await coming;
        names.Select(name => node.StandingOf(name)!.Incarnation).Should().Equal(runs);
        output.WriteLine($"{circle}: {string.Join(", ", steps)} with {guests} guests; {connects.Count} sessions meanwhile, to the first screen in {Figures(connects)} s, none failed");
    }

    private static async Task<string> TakeAsync(RotatingNode node, string circle, string step) => await AskAsync(node, "roll-over", circle, step);

    private static async Task<string> StatusAsync(RotatingNode node) => await AskAsync(node, "status");

    private static async Task<string> AskAsync(RotatingNode node, params string[] words)
    {
        using var said = new StringWriter();
        var code = await BrokerCommandLine.RunAsync(["authority", .. words, "--set", $"Store:Directory={node.Fleet.Broker.StateDirectory}"], said, said);
        return $"{code} {said}";
    }

    // One every 100 ms, however long the one before takes; but not so many at a time that a slow machine does nothing else.
    private static async Task<List<double>> ComeAndGoAsync(RotatingNode node, List<string> names, CancellationToken over)
    {
        var coming = new List<Task<double>>();
        using var next = new PeriodicTimer(TimeSpan.FromMilliseconds(100));

        while (!over.IsCancellationRequested)
        {
            if (coming.Count(one => !one.IsCompleted) < MostAtOnce)
            {
                coming.Add(ComeAsync(node, names[coming.Count % names.Count]));
            }

            await next.WaitForNextTickAsync(CancellationToken.None);
        }

        return [.. await Task.WhenAll(coming)];
    }

    private static async Task<double> ComeAsync(RotatingNode node, string name)
    {
        var watch = Stopwatch.StartNew();
        using var viewer = await OpenAsync(node, name);
        return watch.Elapsed.TotalSeconds;
    }

    private static async Task<ViewerOfChannel> OpenAsync(RotatingNode node, string name)
    {
        var viewer = await node.Fleet.OpenViewerAsync(name);
        (await viewer.HandshakeAsync()).Should().Be($"QEMU ({name})", because: $"{viewer.Code} {viewer.Reason}");
        return viewer;
    }

    private static string Figures(List<double> seconds)
    {
        seconds.Sort();
        return FormattableString.Invariant($"{seconds[seconds.Count / 2]:0.00} (median), {seconds[^1]:0.00} (longest)");
    }
}
