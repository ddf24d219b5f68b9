using Consoles.Agent.Enabling;
using Consoles.Agent.Identity;
using Consoles.Tests.Fakes;
using Microsoft.Extensions.Options;

namespace Consoles.Tests.Agent.Enabling;

/// <summary>Two people, or one and a program, who change a node's qemu.conf at once.</summary>
public sealed class QemuConfLockTests : IDisposable
{
    private static readonly TimeSpan Step = TimeSpan.FromSeconds(1);

    private readonly TempDirectory _directory = new();
    private readonly TestClock _clock = new();
    private readonly StringWriter _output = new();
    private readonly QemuConfLock _lock;

    public QemuConfLockTests() => _lock = new QemuConfLock(Options.Create(new IdentityOptions { StateDirectory = _directory["state"] }), _clock);

    public void Dispose()
    {
        _output.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public async Task Who_comes_second_waits_for_the_first_and_says_so()
    {
        var first = await _lock.TakeAsync(_output, CancellationToken.None);
        _output.ToString().Should().BeEmpty();

        var waiting = _lock.TakeAsync(_output, CancellationToken.None);
        _output.ToString().Should().Contain("Waiting for another consoles-agent qemu-conf").And.Contain(_directory["state"]);
        _clock.Advance(Step);
        waiting.IsCompleted.Should().BeFalse();

        first.Dispose();
        await _clock.StepUntilAsync(waiting, Step);
        (await waiting).Dispose();
    }

    [Fact]
    public async Task Who_waits_too_long_is_told_that_nothing_was_changed()
    {
        using var first = await _lock.TakeAsync(_output, CancellationToken.None);

        var waiting = _lock.TakeAsync(_output, CancellationToken.None);
        var passed = await _clock.StepUntilAsync(waiting, Step);

        (await FluentActions.Awaiting(() => waiting).Should().ThrowAsync<EnablingException>()).Which.Message.Should().Contain("Nothing was changed");
        passed.Should().BeCloseTo(QemuConfLock.Limit, 3 * Step);
    }
}
