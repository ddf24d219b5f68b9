using System.Net;
using System.Net.Http.Json;
using Consoles.Broker.Authority;
using Consoles.Broker.Sessions;
using Consoles.Broker.Viewers;
using Consoles.Tests.Fakes;

namespace Consoles.Tests.EndToEnd;

/// <summary>A fleet with every door for viewers open, and a home for the viewers.</summary>
public sealed class ViewerFleet : IAsyncLifetime
{
    private readonly TempDirectory _home = new();

    internal LibvirtHost Host { get; private set; } = null!;

    internal Fleet Fleet { get; private set; } = null!;

    internal string Home => _home.Path;

    /// <summary>What the viewers are to trust, PEM.</summary>
    internal string Authority => $"{Home}/authority.pem";

    internal ViewerListeners Listeners => Fleet.Broker.Get<ViewerListeners>();

    internal IReadOnlyList<Session> Sessions => Fleet.Broker.Get<SessionRegistry>().Sessions;

    public async Task InitializeAsync()
    {
        Host = await LibvirtHost.StartNewAsync();
        Fleet = await Fleet.StartAsync(
            Host, "node1", [.. new[] { "Vnc", "Spice", "Serial", "Telnet" }.SelectMany(door => new[] { $"--Viewers:{door}:Enabled=true", $"--Viewers:{door}:Port=0" })]);
        await File.WriteAllTextAsync(Authority, Fleet.Broker.Get<AuthorityRoots>().Fleet.ExportCertificatePem());
    }

    public async Task DisposeAsync()
    {
        await Fleet.DisposeAsync();
        await Host.DisposeAsync();
        _home.Dispose();
    }

    /// <summary>A token as somebody types it into a viewer.</summary>
    internal async Task<string> TokenAsync(string domain, string console, string rights = "control")
    {
        await Fleet.WaitForConsoleAsync(domain, console);
        return (await Fleet.IssueTokenAsync(domain, console, rights)).Secret;
    }

    /// <summary>Waits until a session of the guest is open: until its console is, which a session that is listed may still wait for.</summary>
    internal Task OpenedAsync(string domain) => Eventually.TrueAsync(
        () => Fleet.Logs.Lines.Any(line => line.Contains(" opened: console ", StringComparison.Ordinal) && line.Contains($" of {domain} (", StringComparison.Ordinal)), because: () => Fleet.Logs.Text);

    /// <summary>The file that the API gives for a viewer, saved.</summary>
    internal async Task<string> FileAsync(string domain, string console)
    {
        await Fleet.WaitForConsoleAsync(domain, console);
        using var answer = await Fleet.Operator.PostAsJsonAsync($"/v1/domains/{domain}/consoles/{console}/viewer-file", new { });
        answer.StatusCode.Should().Be(HttpStatusCode.OK, because: await answer.Content.ReadAsStringAsync());
        var file = $"{Home}/{domain}.vv";
        await File.WriteAllBytesAsync(file, await answer.Content.ReadAsByteArrayAsync());
        return file;
    }

    internal ViewerProgram Start(string command, bool screen = true) => ViewerProgram.Start(Home, Authority, command, screen);
}
