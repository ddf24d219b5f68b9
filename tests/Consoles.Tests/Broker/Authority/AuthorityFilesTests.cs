using System.Diagnostics;
using Consoles.Broker;
using Consoles.Broker.Authority;
using Consoles.Broker.Store;
using Consoles.Tests.Fakes;

namespace Consoles.Tests.Broker.Authority;

/// <summary>Key files that a broker cannot use, beside it or at its start.</summary>
public sealed class AuthorityFilesTests : IDisposable
{
    private const string Stranger = "65534";

    private readonly TempDirectory _state = new();
    private readonly TestClock _clock = new();

    public void Dispose() => _state.Dispose();

    [Fact]
    public void A_root_that_cannot_be_read_leaves_a_running_broker_with_what_it_knew()
    {
        var running = new TestAuthority(_state.Path, _clock);
        var known = running.State.Current;
        Prepare();
        File.WriteAllText(_state[Path.Combine("authority", "clients-2.pem")], "rubbish");

        _clock.Advance(TimeSpan.FromSeconds(2));

        running.State.Current.Should().BeSameAs(known);
        FluentActions.Invoking(() => new TestAuthority(_state.Path, _clock).State.Current).Should().Throw<StoreException>().WithMessage("*clients-2.pem*");
        FluentActions.Invoking(() => new RollOver(running.State, running.Roots, _clock).Take(AuthorityCircle.Clients, RollOverStep.Prepare)).Should().Throw<StoreException>();
    }

    [Fact]
    public async Task A_broker_whose_roots_cannot_be_read_does_not_start_and_says_why()
    {
        Prepare();
        File.WriteAllText(_state[Path.Combine("authority", "clients-2.pem")], "rubbish");
        await using var error = new StringWriter();
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));

        var code = await BrokerCommandLine.RunAsync(["run", "--state", _state.Path, "--port", "0", "--agents-port", "0"], TextWriter.Null, error, limit.Token);

        code.Should().Be(1);
        error.ToString().Should().Contain("clients-2.pem");
    }

    [Fact]
    public async Task What_root_makes_beside_a_broker_of_another_user_belongs_to_that_user()
    {
        // Only root has the choice.
        if (Environment.UserName != "root")
        {
            return;
        }

        Directory.CreateDirectory(_state["run"], UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        await RunAsync("chown", $"{Stranger}:{Stranger}", _state["run"]);

        (await BrokerCommandLine.RunAsync(["authority", "roll-over", "clients", "prepare", "--state", _state["run"]], TextWriter.Null, TextWriter.Null)).Should().Be(0);
        await new TestAuthority(_state["run"], TimeProvider.System).OrderAsync("node1");

        var owners = await RunAsync("find", _state["run"], "-printf", "%U %f\\n");
        owners.Split('\n', StringSplitOptions.RemoveEmptyEntries).Should().HaveCountGreaterThan(9).And.OnlyContain(line => line.StartsWith(Stranger + " "));
        File.GetUnixFileMode(Path.Combine(_state["run"], "authority", "clients-2.pem")).Should().Be(UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    private void Prepare()
    {
        var beside = new TestAuthority(_state.Path, _clock);
        new RollOver(beside.State, beside.Roots, _clock).Take(AuthorityCircle.Clients, RollOverStep.Prepare);
    }

    private static async Task<string> RunAsync(string program, params string[] args)
    {
        using var process = Process.Start(new ProcessStartInfo(program, args) { UseShellExecute = false, RedirectStandardOutput = true })!;
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return output;
    }
}
