using Consoles.Agent.Libvirt;
using Consoles.Common.Inventory;
using Consoles.Common.Link;
using Consoles.Tests.Fakes;

namespace Consoles.Tests.Agent.Reporting;

public sealed class PasswordAnswersTests : IAsyncLifetime, IDisposable
{
    private const string Secret = "s3cr3t-of-the-guest";

    private static readonly Incarnation Run = new(Domains.Id(1), 1001, 2001);

    private readonly TestPki _pki = new();
    private readonly TempDirectory _directory = new();
    private FakeBroker _broker = null!;
    private ReportingAgent _agent = null!;

    public async Task InitializeAsync()
    {
        _broker = await FakeBroker.StartAsync(_pki);
        await ReportingAgent.EnrolAsync(_broker, _directory.Path);
        _agent = await ReportingAgent.StartAsync(_directory.Path, [Domains.Running(1)]);
        await Eventually.TrueAsync(() => !_broker.Links.IsEmpty && _broker.Link.Reports.Any());
    }

    public async Task DisposeAsync()
    {
        await _agent.DisposeAsync();
        await _broker.DisposeAsync();
    }

    public void Dispose()
    {
        _pki.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public async Task A_password_is_read_when_asked_for_and_is_in_no_log()
    {
        _agent.Password = (_, _, _) => Task.FromResult<string?>(Secret);

        (await AskAsync(41)).Should().Be(new PasswordFound(41, Secret, Reason: null));

        _agent.PasswordsRead.Should().ContainSingle().Which.Should().Be((Run, "vnc0"));
        _agent.Logs.Text.Should().NotContain(Secret);
    }

    [Fact]
    public async Task Without_a_password_the_answer_says_so() =>
        (await AskAsync(42)).Should().Match<PasswordFound>(answer => answer.Password == null && answer.Reason!.Contains("is over"));

    [Fact]
    public async Task What_libvirt_says_is_the_reason()
    {
        _agent.Password = (_, _, _) => throw new LibvirtException("reading the XML of guest1: access denied");

        (await AskAsync(43)).Reason.Should().Contain("access denied");
        _agent.Logs.All.Should().Contain(line => line.Contains("access denied", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_slow_libvirt_holds_up_neither_the_reports_nor_more_than_eight_questions()
    {
        var release = new TaskCompletionSource<string?>();
        _agent.Password = (_, _, _) => release.Task;

        for (var request = 1; request <= 20; request++)
        {
            await _broker.Link.SayAsync(new PasswordWanted(request, Run, "vnc0"));
        }

        await Eventually.TrueAsync(() => _agent.PasswordsRead.Count == 8);
        _agent.Publish(Domains.Running(1), Domains.Running(2));
        await Eventually.TrueAsync(() => _broker.Link.Reports.Count() > 1);
        _agent.PasswordsRead.Should().HaveCount(8);

        release.SetResult(Secret);
        await Eventually.TrueAsync(() => _broker.Link.Received.OfType<PasswordFound>().Count() == 20);
        _broker.Link.Received.OfType<PasswordFound>().Select(answer => answer.Request).Should().BeEquivalentTo(Enumerable.Range(1, 20).Select(request => (long)request));
    }

    private async Task<PasswordFound> AskAsync(long request)
    {
        await _broker.Link.SayAsync(new PasswordWanted(request, Run, "vnc0"));
        return await Eventually.GetAsync(() => Task.FromResult(_broker.Link.Received.OfType<PasswordFound>().FirstOrDefault(answer => answer.Request == request)));
    }
}
