using Consoles.Agent.Libvirt;
using Consoles.Common.Inventory;
using Consoles.Tests.Fakes;

namespace Consoles.Tests.Agent.Libvirt;

/// <summary>On libvirt's own test driver, which needs no daemon.</summary>
public class LibvirtConnectionTests
{
    // Made anew at each use: one for the class would count from the first test's beginning.
    private static CancellationToken Limit => new CancellationTokenSource(TimeSpan.FromSeconds(60)).Token;

    [Fact]
    public async Task A_domain_is_listed_and_read()
    {
        await using var libvirt = await OpenAsync(LocalLibvirt.Uri);
        using var local = new LocalLibvirt();
        var id = local.Start($"read-{Guid.NewGuid():N}");

        (await libvirt.ListAsync(Limit)).Should().Contain(id);

        var domain = await libvirt.ReadAsync(id, Limit);
        domain!.State.Should().Be("running");
        domain.LiveId.Should().BePositive();
        domain.Xml.Should().Contain($"<uuid>{id}</uuid>");
        (await libvirt.LiveIdAsync(id, Limit)).Should().Be(domain.LiveId);
    }

    [Fact]
    public async Task A_domain_that_is_no_more_is_no_fault()
    {
        await using var libvirt = await OpenAsync(LocalLibvirt.Uri);

        (await libvirt.ReadAsync(new DomainId(Guid.NewGuid()), Limit)).Should().BeNull();
        (await libvirt.LiveIdAsync(new DomainId(Guid.NewGuid()), Limit)).Should().BeNull();
    }

    [Fact]
    public async Task The_start_and_the_end_of_a_domain_are_heard_of()
    {
        await using var libvirt = await OpenAsync(LocalLibvirt.Uri);
        using var local = new LocalLibvirt();

        var id = local.Start($"events-{Guid.NewGuid():N}");
        await HearsOfAsync(libvirt, id);

        local.End(id);
        await HearsOfAsync(libvirt, id);
    }

    [Fact]
    public async Task Each_caller_gets_the_error_of_its_own_call()
    {
        // libvirt keeps errors per thread; a mix-up would show as another caller's socket in the message.
        var attempts = Enumerable.Range(0, 400).Select(async i =>
        {
            var opening = () => OpenAsync($"qemu+unix:///system?socket=/nonexistent/{i}/sock");
            (await opening.Should().ThrowAsync<LibvirtException>()).WithMessage($"open *: Failed to connect socket to '/nonexistent/{i}/sock': *(libvirt error 38)");
        });

        await Task.WhenAll(attempts);
    }

    [Fact]
    public async Task What_is_asked_of_libvirt_after_the_end_is_refused_and_says_so()
    {
        var libvirt = await OpenAsync(LocalLibvirt.Uri);
        await libvirt.DisposeAsync();

        var asking = () => libvirt.ListAsync(Limit);
        var waiting = () => libvirt.Changes.TakeAsync(Limit);

        (await asking.Should().ThrowAsync<LibvirtException>()).WithMessage("list the domains: the connection is closed*");
        (await waiting.Should().ThrowAsync<LibvirtException>()).WithMessage("*closed by this agent");
        libvirt.IsOpen.Should().BeFalse();
    }

    [Fact]
    public async Task A_daemon_that_is_not_there_is_told_with_libvirts_code_and_words()
    {
        var opening = () => OpenAsync("qemu+unix:///system?socket=/nonexistent/libvirt-sock");

        var fault = (await opening.Should().ThrowAsync<LibvirtException>()).Which;

        fault.Message.Should().Be(
            "open qemu+unix:///system?socket=/nonexistent/libvirt-sock: Failed to connect socket to '/nonexistent/libvirt-sock': No such file or directory (libvirt error 38)");
        fault.Code.Should().Be(38);
    }

    private static async Task HearsOfAsync(LibvirtConnection libvirt, DomainId id)
    {
        while (!(await libvirt.Changes.TakeAsync(Limit)).Domains.Contains(id))
        {
            // Another test's domain.
        }
    }

    private static Task<LibvirtConnection> OpenAsync(string uri) =>
        LibvirtConnection.OpenAsync(new LibvirtOptions { Uri = uri }, readOnly: false, _ => { }, TimeProvider.System, Limit);
}
