using System.Security.Cryptography.X509Certificates;
using Consoles.Agent.Certificates;
using Consoles.Tests.EndToEnd;
using Consoles.Tests.Fakes;

namespace Consoles.Tests.Agent.Certificates;

/// <summary>A directory that a person made with plain files is taken over.</summary>
public sealed class CertificateAdoptionTests : IDisposable
{
    private readonly CertificateFixture _fixture = new();

    public void Dispose() => _fixture.Dispose();

    [Fact]
    public async Task Plain_files_are_told_from_versions()
    {
        var papers = _fixture.MakeByHand();

        var found = _fixture.Files.Read(_fixture.Directory)!;

        (found.Version, found.ByHand, found.Plan).Should().Be((0, true, null));
        found.Certificate.Thumbprint.Should().Be(CertificateFixture.Thumbprint(papers));
        _fixture.Files.Repair(_fixture.Directory);
        _fixture.Names().Should().Equal("ca-cert.pem", "server-cert.pem", "server-key.pem");
        (await _fixture.Files.RollBackAsync(_fixture.Directory, CancellationToken.None)).Should().BeNull();
    }

    [Fact]
    public async Task They_become_version_0_which_is_rolled_back_to()
    {
        var byHand = _fixture.MakeByHand();
        var fresh = _fixture.Papers();

        (await _fixture.InstallAsync(fresh)).Version.Should().Be(1);
        await _fixture.ServesAsync(fresh);

        var back = await _fixture.Files.RollBackAsync(_fixture.Directory, CancellationToken.None);
        (back!.Version, back.ByHand).Should().Be((0, false));
        await _fixture.ServesAsync(byHand);
    }

    [Fact]
    public async Task Whoever_loads_the_pair_meanwhile_finds_it_whole()
    {
        using var stop = new CancellationTokenSource();
        var directories = Enumerable.Range(0, 40).Select(number => _fixture[$"by-hand-{number}"]).ToList();
        directories.ForEach(directory => _fixture.MakeByHand(directory));
        var present = directories[0];
        var loads = 0;
        var loading = Task.Factory.StartNew(LoadAll, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

        foreach (var directory in directories)
        {
            Volatile.Write(ref present, directory);
            await LoadedAsync(times: 2);
            CertificateAdoption.Run(new CertificateDirectory(directory), version: 0, CertificateFixture.User.Group);
            await LoadedAsync(times: 2);
        }

        await stop.CancelAsync();
        await loading;
        directories.Should().AllSatisfy(directory => _fixture.Files.Read(directory)!.ByHand.Should().BeFalse());

        void LoadAll()
        {
            while (!stop.IsCancellationRequested)
            {
                var directory = Volatile.Read(ref present);
                using var pair = X509Certificate2.CreateFromPemFile(Path.Combine(directory, "server-cert.pem"), Path.Combine(directory, "server-key.pem"));
                File.ReadAllText(Path.Combine(directory, "ca-cert.pem")).Should().Contain("CERTIFICATE");
                Interlocked.Increment(ref loads);
            }
        }

        async Task LoadedAsync(int times)
        {
            var enough = Volatile.Read(ref loads) + times;
            await Eventually.TrueAsync(() => Volatile.Read(ref loads) >= enough || loading.IsCompleted);
        }
    }

    [Theory]
    [InlineData("server-key.pem")]
    [InlineData("server-cert.pem")]
    [InlineData("ca-cert.pem")]
    public async Task A_part_of_a_set_is_left_alone_and_said(string missing)
    {
        _fixture.MakeByHand();
        File.Delete(Path.Combine(_fixture.Directory, missing));
        var names = _fixture.Names();

        var installing = () => _fixture.InstallAsync();

        (await installing.Should().ThrowAsync<CertificateException>()).Which.Message.Should().Contain($"{missing} is missing");
        _fixture.Names().Should().Equal(names);
    }

    [Fact]
    public async Task Files_that_a_person_puts_over_our_links_are_taken_over_as_well()
    {
        await _fixture.InstallAsync();
        await _fixture.InstallAsync();
        var byHand = _fixture.Papers();

        foreach (var name in new[] { "server-cert.pem", "server-key.pem", "ca-cert.pem" })
        {
            File.Delete(Path.Combine(_fixture.Directory, name));
        }

        _fixture.MakeByHand();
        CertificateFixture.Write(byHand, _fixture.Directory);
        await Command.RunAsync("chgrp", ["libvirt-qemu", Path.Combine(_fixture.Directory, "server-key.pem")]);
        _fixture.Files.Repair(_fixture.Directory);
        await _fixture.ServesAsync(byHand);
        _fixture.Files.Read(_fixture.Directory)!.ByHand.Should().BeTrue();

        var fresh = _fixture.Papers();
        (await _fixture.InstallAsync(fresh)).Version.Should().Be(4, because: "theirs is 3");
        await _fixture.ServesAsync(fresh);

        (await _fixture.Files.RollBackAsync(_fixture.Directory, CancellationToken.None))!.Version.Should().Be(3);
        await _fixture.ServesAsync(byHand);
    }

    [Fact]
    public async Task A_broken_set_of_a_persons_is_replaced_by_a_good_one()
    {
        var byHand = _fixture.MakeByHand();
        File.WriteAllText(Path.Combine(_fixture.Directory, "server-key.pem"), _fixture.Papers().Key);
        FluentActions.Invoking(() => _fixture.Files.Read(_fixture.Directory)).Should().Throw<CertificateException>();
        var fresh = _fixture.Papers();

        await _fixture.InstallAsync(fresh);

        await _fixture.ServesAsync(fresh);
        byHand.ToString().Should().NotContain("KEY");
    }
}
