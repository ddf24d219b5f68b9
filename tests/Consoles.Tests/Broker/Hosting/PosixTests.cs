using Consoles.Broker.Hosting;
using Consoles.Tests.Fakes;

namespace Consoles.Tests.Broker.Hosting;

public sealed class PosixTests : IDisposable
{
    private const int Writers = 4;

    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Of_many_that_give_their_draft_a_name_one_succeeds()
    {
        const int Rounds = 1000;
        using var start = new Barrier(Writers);
        var placed = new System.Collections.Concurrent.ConcurrentBag<int>();

        var threads = Enumerable.Range(0, Writers).Select(writer => new Thread(() =>
        {
            for (var round = 0; round < Rounds; round++)
            {
                var draft = _directory[$"{round}.{writer}"];
                File.WriteAllText(draft, "");
                start.SignalAndWait();

                if (Posix.Place(draft, _directory[$"key-{round}"]))
                {
                    placed.Add(round);
                }
            }
        })).ToList();

        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());

        placed.Order().Should().Equal(Enumerable.Range(0, Rounds));
        Directory.EnumerateFiles(_directory.Path).Should().HaveCount(Rounds, because: "no draft is left");
    }

    [Fact]
    public void A_name_that_cannot_be_given_is_told()
    {
        File.WriteAllText(_directory["draft"], "");

        FluentActions.Invoking(() => Posix.Place(_directory["draft"], _directory["nowhere/key"])).Should().Throw<IOException>().WithMessage("link *nowhere/key failed: No such file or directory.");
    }
}
