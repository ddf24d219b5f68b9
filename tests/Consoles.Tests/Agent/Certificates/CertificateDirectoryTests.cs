using Consoles.Agent.Certificates;
using Consoles.Agent.Identity;
using Consoles.Tests.EndToEnd;

namespace Consoles.Tests.Agent.Certificates;

/// <summary>The directory itself, before there is a set in it.</summary>
public sealed class CertificateDirectoryTests : IDisposable
{
    private readonly CertificateFixture _fixture = new();

    public void Dispose() => _fixture.Dispose();

    [Fact]
    public async Task Installations_that_come_to_a_new_node_at_once_share_the_directory_that_one_of_them_makes()
    {
        const int AtOnce = 4;
        const int Nodes = 2_000;
        using var together = new Barrier(AtOnce);
        var group = CertificateFixture.User.Group;

        // Threads of their own: each waits for all the others, which the pool may have no threads for.
        var installing = Enumerable.Range(0, AtOnce).Select(_ => Task.Factory.StartNew(
            () => Enumerable.Range(0, Nodes).Select(node =>
            {
                together.SignalAndWait();
                return Prepared(new CertificateDirectory(_fixture[$"node-{node}"]), group);
            }).OfType<string>().ToList(),
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default));

        (await Task.WhenAll(installing)).SelectMany(failures => failures).Should().BeEmpty();
        Enumerable.Range(0, Nodes).Select(node => DurableFiles.Status(_fixture[$"node-{node}"])!)
            .Should().OnlyContain(made => made.Group == group && made.Mode == CertificateDirectory.SharedDirectory);
    }

    [Fact]
    public async Task A_directory_that_a_killed_agent_had_made_and_not_shared_yet_is_shared()
    {
        DurableFiles.CreateDirectory(_fixture.Directory);
        var papers = _fixture.Papers();

        await _fixture.InstallAsync(papers);

        await _fixture.ServesAsync(papers);
    }

    [Fact]
    public async Task A_directory_that_a_person_made_keeps_its_mode()
    {
        const UnixFileMode OfAPerson = CertificateDirectory.SharedDirectory | UnixFileMode.OtherExecute;
        _fixture.MakeByHand();
        await Command.RunAsync("chgrp", ["-R", "libvirt-qemu", _fixture.Directory]);
        File.SetUnixFileMode(_fixture.Directory, OfAPerson);

        await _fixture.InstallAsync();

        DurableFiles.Status(_fixture.Directory)!.Mode.Should().Be(OfAPerson);
    }

    /// <returns>What went wrong, or null.</returns>
    private static string? Prepared(CertificateDirectory directory, uint group)
    {
        try
        {
            directory.Prepare(group);
            return null;
        }
        catch (Exception e) when (e is IOException or CertificateException)
        {
            return e.Message;
        }
    }
}
