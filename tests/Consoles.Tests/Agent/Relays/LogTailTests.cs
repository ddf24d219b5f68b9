using System.Text;
using Consoles.Agent.Relays;
using Consoles.Tests.EndToEnd;
using Consoles.Tests.Fakes;

namespace Consoles.Tests.Agent.Relays;

public sealed class LogTailTests : IDisposable
{
    private readonly TempDirectory _logs = new();
    private readonly TempDirectory _elsewhere = new();

    public void Dispose()
    {
        _logs.Dispose();
        _elsewhere.Dispose();
    }

    [Theory]
    [InlineData(4, "6789")]
    [InlineData(100, "0123456789")]
    [InlineData(0, "")]
    public void The_end_of_a_log_is_read_and_no_more_than_asked_for(int size, string read)
    {
        File.WriteAllText(_logs["serial0.log"], "0123456789");

        Encoding.UTF8.GetString(LogTail.Read(_logs["serial0.log"], [_logs.Path], size)).Should().Be(read);
    }

    [Fact]
    public void A_file_that_is_not_among_the_logs_is_not_read_whatever_leads_to_it()
    {
        File.WriteAllText(_elsewhere["secret"], "secret");
        File.CreateSymbolicLink(_logs["link.log"], _elsewhere["secret"]);
        var up = Path.Combine(_logs.Path, "..", Path.GetFileName(_elsewhere.Path), "secret");

        foreach (var path in new[] { _elsewhere["secret"], _logs["link.log"], up, _logs["absent"], _logs.Path, $"{_logs.Path}-beside" })
        {
            FluentActions.Invoking(() => LogTail.Read(path, [_logs.Path], 100)).Should().Throw<StreamOpenException>(because: path);
        }
    }

    [Fact]
    public async Task A_pipe_is_refused_and_not_waited_for()
    {
        await Command.RunAsync("mkfifo", [_logs["pipe.log"]]);

        FluentActions.Invoking(() => LogTail.Read(_logs["pipe.log"], [_logs.Path], 100)).Should().Throw<StreamOpenException>();
    }
}
