using System.Diagnostics;
using Consoles.Agent.Inventory;
using Consoles.Agent.Libvirt;
using Consoles.Common.Inventory;
using Microsoft.Extensions.Options;

namespace Consoles.Tests.Agent.Inventory;

public sealed class IncarnationsTests : IDisposable
{
    private static readonly DomainId Domain = DomainId.Parse("4dea22b3-1d52-d8f3-2516-782e98ab3fa0", null);

    private readonly string _folder = Directory.CreateTempSubdirectory("consoles-proc-").FullName;

    public IncarnationsTests() => Directory.CreateDirectory(Path.Combine(_folder, "proc"));

    [Fact]
    public void The_pid_file_leads_to_the_process_and_its_start()
    {
        AddProcess(1000, ticks: 77, Domain);
        AddPidFile("web1", 1000);

        Find("web1").Should().Be(new Incarnation(Domain, 77, 1000));
    }

    [Fact]
    public void A_pid_file_that_leads_to_another_domain_is_not_believed()
    {
        AddProcess(1000, ticks: 77, new DomainId(Guid.NewGuid()));
        AddProcess(2000, ticks: 88, Domain);
        AddPidFile("web1", 1000);

        Find("web1").Should().Be(new Incarnation(Domain, 88, 2000));
    }

    [Theory]
    [InlineData("web1")]
    [InlineData("../web1")]
    [InlineData("a/b")]
    public void Without_a_pid_file_all_processes_are_looked_through(string name)
    {
        AddProcess(2000, ticks: 88, Domain);

        Find(name).Should().Be(new Incarnation(Domain, 88, 2000));
    }

    [Fact]
    public void Of_two_processes_of_one_domain_the_pid_file_tells_the_one_of_this_node()
    {
        AddProcess(2000, ticks: 99, Domain, inner: 5);
        AddProcess(3000, ticks: 88, Domain, inner: 7);
        AddPidFile("web1", 7);

        Find("web1").Should().Be(new Incarnation(Domain, 88, 3000));
    }

    [Fact]
    public void A_process_that_started_after_the_last_look_is_found()
    {
        var incarnations = Create();
        AddProcess(2000, ticks: 88, new DomainId(Guid.NewGuid()));
        incarnations.Find(Domain, "web1", 3, Stopwatch.GetTimestamp()).StartTicks.Should().Be(0);

        AddProcess(3000, ticks: 99, Domain);

        incarnations.Find(Domain, "web1", 3, Stopwatch.GetTimestamp()).Should().Be(new Incarnation(Domain, 99, 3000));
    }

    [Fact]
    public void Without_a_process_libvirts_number_of_the_run_has_to_do()
    {
        Find("web1").Should().Be(new Incarnation(Domain, 0, 3));
        Create("test:///default").Find(Domain, "web1", 4, Stopwatch.GetTimestamp()).Should().Be(new Incarnation(Domain, 0, 4));
    }

    [Fact]
    public void A_run_is_over_when_its_process_ended_or_another_took_its_pid()
    {
        var incarnations = Create();
        AddProcess(1000, ticks: 77, Domain);
        var run = new Incarnation(Domain, 77, 1000);

        incarnations.IsPresent(run, liveId: 3).Should().BeTrue();
        incarnations.IsPresent(run with { StartTicks = 76 }, liveId: 3).Should().BeFalse();
        incarnations.IsPresent(run with { QemuPid = 1001 }, liveId: 3).Should().BeFalse();

        AddProcess(1000, ticks: 77, new DomainId(Guid.NewGuid()));
        incarnations.IsPresent(run, liveId: 3).Should().BeFalse();
    }

    [Theory]
    [InlineData("1 (qemu) S 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 4711 23", 4711L)]
    [InlineData("1 (a) R 9 (b c)) S 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 4711", 4711L)]
    [InlineData("1 (qemu) S 2 3", null)]
    [InlineData("1 qemu S 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 4711 23", null)]
    [InlineData("", null)]
    public void The_start_is_field_22_whatever_the_process_is_called(string stat, long? ticks) => QemuProcess.StartTicksOf(stat).Should().Be(ticks);

    [Theory]
    [InlineData("qemu:///system", "/run/libvirt/qemu")]
    [InlineData("qemu+unix:///system", "/run/libvirt/qemu")]
    [InlineData("qemu+unix:///system?socket=/x/run/libvirt/libvirt-sock", "/x/run/libvirt/qemu")]
    [InlineData("qemu:///system?no_verify=1&socket=%2Fx%2Flibvirt-sock", "/x/qemu")]
    [InlineData("qemu:///session", "/run/user/1000/libvirt/qemu/run")]
    [InlineData("qemu+tls://h1/system", null)]
    [InlineData("qemu+ssh://root@h1/system", null)]
    [InlineData("qemu://h1/system", null)]
    [InlineData("test:///default", null)]
    [InlineData("not a uri", null)]
    public void Libvirts_state_directory_follows_from_its_uri(string uri, string? directory) =>
        StateDirectory.Of(uri, runtimeDirectory: "/run/user/1000").Should().Be(directory);

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private Incarnation Find(string name) => Create().Find(Domain, name, liveId: 3, Stopwatch.GetTimestamp());

    private Incarnations Create(string uri = "qemu:///system") =>
        new(Options.Create(new LibvirtOptions { Uri = uri, StateDirectory = Path.Combine(_folder, "state") }), Path.Combine(_folder, "proc"));

    private void AddPidFile(string name, int pid)
    {
        Directory.CreateDirectory(Path.Combine(_folder, "state"));
        File.WriteAllText(Path.Combine(_folder, "state", name + ".pid"), $"{pid}\n");
    }

    private void AddProcess(int pid, long ticks, DomainId domain, int? inner = null)
    {
        var process = Directory.CreateDirectory(Path.Combine(_folder, "proc", pid.ToString())).FullName;
        File.WriteAllText(Path.Combine(process, "stat"), $"{pid} (qemu-system-x86) S {string.Join(' ', Enumerable.Repeat(1, 18))} {ticks} 0 0");
        File.WriteAllText(Path.Combine(process, "cmdline"), $"/usr/bin/qemu-system-x86_64\0-name\0guest=web1\0-uuid\0{domain}\0-S\0");
        File.WriteAllText(Path.Combine(process, "status"), $"Name:\tqemu\nNSpid:\t{pid}{(inner is null ? null : $"\t{inner}")}\n");
    }
}
