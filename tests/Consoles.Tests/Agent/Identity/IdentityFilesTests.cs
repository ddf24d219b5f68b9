using Consoles.Agent.Identity;
using Consoles.Tests.Fakes;
using Microsoft.Extensions.Options;

namespace Consoles.Tests.Agent.Identity;

/// <summary>An agent renews its identity while somebody enrols the node again.</summary>
public sealed class IdentityFilesTests : IDisposable
{
    private readonly TestPki _pki = new();
    private readonly TempDirectory _directory = new();
    private readonly IdentityFiles _files;

    public IdentityFilesTests() => _files = new IdentityFiles(Options.Create(new IdentityOptions { StateDirectory = _directory["state"] }), TimeProvider.System);

    public void Dispose()
    {
        _pki.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public async Task Identities_that_are_stored_at_once_leave_the_last_one_whole_and_nothing_else()
    {
        var papers = Enumerable.Range(0, 3).Select(writer => Papers($"node{writer}")).ToList();

        await Task.WhenAll(papers.Select(one => Task.Run(async () =>
        {
            // Few, as whoever waits is not the next in turn.
            for (var time = 0; time < 4; time++)
            {
                await _files.ReplaceAsync(one, CancellationToken.None);
            }
        })));

        using var kept = _files.Read();
        kept.Node.Should().BeOneOf(papers.Select(one => one.Node));
        Directory.GetFileSystemEntries(_directory["state"]).Select(Path.GetFileName).Should().HaveCount(3, because: "there is the link, what it stands for, and the lock");
    }

    [Fact]
    public async Task An_identity_that_is_replaced_while_it_is_read_is_read_whole()
    {
        var papers = Enumerable.Range(0, 2).Select(one => Papers($"node{one}")).ToList();
        await _files.ReplaceAsync(papers[0], CancellationToken.None);
        using var enough = new CancellationTokenSource();

        var replacing = Task.Run(async () =>
        {
            for (var time = 1; !enough.IsCancellationRequested; time++)
            {
                await _files.ReplaceAsync(papers[time % 2], CancellationToken.None);
            }
        });

        for (var time = 0; time < 1_000; time++)
        {
            using var read = _files.Read();
            read.Tls.Certificate.Thumbprint.Should().Be(ThumbprintOf(papers.Single(one => one.Node == read.Node)));
        }

        await enough.CancelAsync();
        await replacing;
    }

    [Fact]
    public async Task Who_waits_too_long_for_another_to_store_an_identity_is_told_so()
    {
        var clock = new TestClock();
        var files = new IdentityFiles(Options.Create(new IdentityOptions { StateDirectory = _directory["state"] }), clock);
        await files.ReplaceAsync(Papers("node1"), CancellationToken.None);
        using var held = FileLock.TryTake(Path.Combine(_directory["state"], "identity.lock"));

        var storing = files.ReplaceAsync(Papers("node2"), CancellationToken.None);
        await clock.StepUntilAsync(storing, TimeSpan.FromSeconds(1));

        (await FluentActions.Awaiting(() => storing).Should().ThrowAsync<IOException>()).Which.Message.Should().Contain("did not end");
        files.Read().Node.Should().Be("node1");
    }

    private static string ThumbprintOf(IdentityPapers papers)
    {
        using var leaf = System.Security.Cryptography.X509Certificates.X509Certificate2.CreateFromPem(papers.Certificate);
        return leaf.Thumbprint;
    }

    private IdentityPapers Papers(string node)
    {
        var issued = _pki.Client(node);
        return new IdentityPapers(node, new Uri("https://broker.example:6084"), issued.ChainPem, issued.KeyPem, _pki.RootPem);
    }
}
