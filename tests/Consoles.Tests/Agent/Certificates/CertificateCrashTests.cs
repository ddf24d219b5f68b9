using System.Collections.Concurrent;
using System.Diagnostics;
using Consoles.Agent.Certificates;
using Consoles.Tests.EndToEnd;

namespace Consoles.Tests.Agent.Certificates;

/// <summary>An agent killed at each system call of an installation: QEMU loads a whole set at once, and after a restart nothing is left of the crash.</summary>
public sealed class CertificateCrashTests : IDisposable
{
    // As many as a small machine has cores.
    private const int AtOnce = 2;

    /// <summary>The long form, by hand: some minutes.</summary>
    private static readonly bool EveryCall = Environment.GetEnvironmentVariable("LONG_TESTS") is not null;

    private readonly CertificateFixture _fixture = new();

    public void Dispose() => _fixture.Dispose();

    [Fact]
    public async Task A_first_installation_over_plain_files_is_whole_wherever_it_is_killed()
    {
        _fixture.MakeByHand(_fixture["template"]);
        await Command.RunAsync("chgrp", ["-R", "libvirt-qemu", _fixture["template"]]);
        await Command.RunAsync("chmod", ["-R", "u=rwX,g=rX,o=", _fixture["template"]]);

        // Every name that is made, renamed or removed, the last that make the switch last, and every eighth of the calls by which files come to be that QEMU does not look at yet.
        await KilledEverywhereAsync(least: 20, point => EveryCall || point.Call is "symlink" or "rename" or "unlink" or "rmdir" or "mkdir" || (point.Call is "fsync" && point.Left < 2) || point.Number % 8 == 1);
    }

    [Fact]
    public async Task An_installation_that_erases_an_older_set_is_whole_wherever_it_is_killed_from_the_switch_on()
    {
        for (var set = 0; set < 2; set++)
        {
            await _fixture.Files.InstallAsync(_fixture["template"], _fixture.Papers(), null, CertificateFixture.Node, CancellationToken.None);
        }

        // Until the switch it is what the other test kills; these calls come after it.
        await KilledEverywhereAsync(least: 9, point => point.Call is "symlink" or "rename" or "unlink" or "rmdir" || (point.Call is "fsync" or "pwrite64" && point.Left < 2));
    }

    private async Task KilledEverywhereAsync(int least, Func<Point, bool> wanted)
    {
        var old = await ReadAsync(_fixture["template"]);
        var fresh = _fixture.Papers();
        CertificateFixture.Write(fresh, _fixture["new"]);

        await CopyAsync("counted");
        var counts = await TracedInstall.CountAsync(_fixture["new"], _fixture["counted"], _fixture["log"]);
        var points = counts.SelectMany(call => Enumerable.Range(1, call.Value).Select(number => new Point(call.Key, number, call.Value - number))).Where(wanted).ToList();
        points.Should().HaveCountGreaterThanOrEqualTo(least);

        var seen = new ConcurrentBag<string>();
        await Parallel.ForEachAsync(points, new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, async (point, _) =>
        {
            var directory = await CopyAsync($"{point.Call}-{point.Number}");
            var killed = await TracedInstall.InjectAsync(_fixture["new"], directory, $"{point.Call}:signal=KILL:when={point.Number}");
            killed.ExitCode.Should().NotBe(0, because: $"it was to be killed at {point}");

            var found = await ReadAsync(directory);
            found.Should().BeOneOf([old, CertificateFixture.Thumbprint(fresh)], because: $"{point}");
            seen.Add(found);

            var watch = Stopwatch.StartNew();
            _fixture.Files.Repair(directory);
            watch.Elapsed.Should().BeLessThan(TimeSpan.FromSeconds(5));

            (await ReadAsync(directory)).Should().Be(found, because: $"{point}");
            Directory.GetFileSystemEntries(directory).Should().NotContain(name => name.EndsWith(".new", StringComparison.Ordinal), because: $"{point}");
            new CertificateDirectory(directory).Versions().Should().HaveCountLessThanOrEqualTo(2, because: $"{point}");

            await _fixture.Files.InstallAsync(directory, fresh, null, CertificateFixture.Node, CancellationToken.None);
            (await ReadAsync(directory)).Should().Be(CertificateFixture.Thumbprint(fresh), because: $"{point}");
        });

        seen.Distinct().Should().HaveCount(2, because: "it was killed before the switch and after it");
    }

    /// <summary>The set that QEMU loads.</summary>
    private async Task<string> ReadAsync(string directory)
    {
        (await _fixture.DryLoad.FaultAsync(directory, CancellationToken.None)).Should().BeNull(because: directory);
        return _fixture.Files.Read(directory)!.Certificate.Thumbprint;
    }

    private async Task<string> CopyAsync(string name)
    {
        await Command.RunAsync("cp", ["-a", _fixture["template"], _fixture[name]]);
        return _fixture[name];
    }

    /// <param name="Left">How many calls of this kind would follow.</param>
    private sealed record Point(string Call, int Number, int Left);
}
