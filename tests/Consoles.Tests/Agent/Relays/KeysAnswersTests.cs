using System.Collections.Concurrent;
using Consoles.Agent.Libvirt;
using Consoles.Agent.Relays;
using Consoles.Common.Inventory;
using Consoles.Common.Link;
using Consoles.Tests.Fakes;
using Microsoft.Extensions.Logging;

namespace Consoles.Tests.Agent.Relays;

public sealed class KeysAnswersTests : IDisposable
{
    private static readonly Incarnation Run = new(Domains.Id(1), 1001, 2001);

    private readonly CollectedLogs _logs = new();
    private readonly ILoggerFactory _factory;
    private readonly OneKeyboard _keyboard = new();
    private readonly KeysAnswers _answers;

    public KeysAnswersTests()
    {
        _factory = LoggerFactory.Create(builder => builder.AddProvider(_logs));
        _answers = new KeysAnswers(_keyboard, TimeProvider.System, _factory.CreateLogger<KeysAnswers>());
    }

    public void Dispose() => _factory.Dispose();

    [Fact]
    public async Task Strokes_are_pressed_one_after_the_other_and_each_has_its_time()
    {
        var began = TimeProvider.System.GetTimestamp();

        (await AskAsync(new KeysWanted(7, Run, [new([42, 30]), new([48])]))).Should().Be(new KeysSent(7, 2, Reason: null));

        _keyboard.Pressed.Should().BeEquivalentTo(new int[][] { [42, 30], [48] }, options => options.WithStrictOrdering());

        // Two keys down and up, then one.
        TimeProvider.System.GetElapsedTime(began).Should().BeGreaterThanOrEqualTo(KeysAnswers.Pause * 6 - TimeSpan.FromMilliseconds(5));
    }

    [Fact]
    public async Task Another_run_of_the_domain_gets_no_keys()
    {
        (await AskAsync(new KeysWanted(7, Run with { StartTicks = 1002 }, [new([30])]))).Reason.Should().Contain("is over");
        _keyboard.Pressed.Should().BeEmpty();
    }

    [Fact]
    public async Task When_libvirt_refuses_the_answer_says_how_far_it_came_and_the_log_says_no_keys()
    {
        _keyboard.Before = already => already == 2 ? throw new LibvirtException("press keys in domain x: domain is not running") : Task.CompletedTask;

        var sent = await AskAsync(new KeysWanted(7, Run, [new([30]), new([48]), new([46])]));

        sent.Sent.Should().Be(2);
        sent.Reason.Should().Contain("not running");
        _logs.Lines.Should().ContainSingle().Which.Should().Contain("2 times of 3").And.NotContain("46");
    }

    [Fact]
    public async Task Two_requests_never_type_into_one_domain_at_a_time()
    {
        var release = new TaskCompletionSource();
        _keyboard.Before = _ => release.Task;
        var first = AskAsync(new KeysWanted(1, Run, [new([30])]));

        (await AskAsync(new KeysWanted(2, Run, [new([48])]))).Should().Match<KeysSent>(refused => refused.Sent == 0 && refused.Reason!.Contains("already"));

        release.SetResult();
        (await first).Reason.Should().BeNull();
        (await AskAsync(new KeysWanted(3, Run, [new([48])]))).Reason.Should().BeNull();
    }

    public static TheoryData<KeyStroke[]> Wrong => new()
    {
        new KeyStroke[] { new([]) },
        new KeyStroke[] { new([0]) },
        new KeyStroke[] { new([-1]) },
        new KeyStroke[] { new([0x300]) },
        new KeyStroke[] { new([.. Enumerable.Range(1, 17)]) },
        new KeyStroke[] { new(null!) },
        Enumerable.Repeat(new KeyStroke([30]), KeysWanted.MaxStrokes + 1).ToArray(),
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public async Task What_is_no_stroke_or_too_many_is_refused_before_any_key_is_pressed(KeyStroke[] strokes)
    {
        (await AskAsync(new KeysWanted(7, Run, [new([30]), .. strokes]))).Reason.Should().NotBeNull();
        _keyboard.Pressed.Should().BeEmpty();
    }

    private async Task<KeysSent> AskAsync(KeysWanted wanted) => (KeysSent)(await _answers.HandleAsync(wanted, identity: null!, default))!;

    private sealed class OneKeyboard : IKeyboards, IKeyboard
    {
        public ConcurrentQueue<int[]> Pressed { get; } = new();

        public Func<int, Task> Before { get; set; } = _ => Task.CompletedTask;

        public Task<IKeyboard?> FindAsync(Incarnation run, CancellationToken cancellationToken) => Task.FromResult<IKeyboard?>(run == Run ? this : null);

        public async Task PressAsync(IReadOnlyList<int> keys, TimeSpan pause, CancellationToken cancellationToken)
        {
            await Before(Pressed.Count);
            Pressed.Enqueue([.. keys]);
        }
    }
}
