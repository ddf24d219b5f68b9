using System.Diagnostics;
using System.Net;
using Consoles.Broker.Access;
using Consoles.Broker.Nodes;
using Consoles.Broker.Store;
using Consoles.Tests.Fakes;

namespace Consoles.Tests.Broker.Store;

/// <summary>A disk of one megabyte, of the test's own.</summary>
public sealed class FullDiskTests : IAsyncLifetime
{
    private readonly TempDirectory _directory = new();
    private TestBroker _broker = null!;

    private string Ballast => Path.Combine(_broker.StateDirectory, "ballast");

    public async Task InitializeAsync()
    {
        var state = Directory.CreateDirectory(_directory["state"]).FullName;
        Run("mount", "-t", "tmpfs", "-o", "size=1m,mode=700", "none", state);
        _broker = await TestBroker.StartAsync(state: state);
    }

    public async Task DisposeAsync()
    {
        await _broker.DisposeAsync();

        // Lazily: connections that are kept for whoever opens the store next are still in it.
        Run("umount", "-l", _broker.StateDirectory);
        _directory.Dispose();
    }

    [Fact]
    public async Task A_full_disk_is_said_in_words_and_harms_nothing_that_needs_no_writing()
    {
        var keys = _broker.Get<ApiKeys>();
        var (secret, key) = keys.Create(ApiRole.Admin, "before", lifetime: null);
        using var agent = await TestAgent.EnrolAsync(_broker);
        using var link = await agent.LinkAsync(epoch: 1);
        await link.ReportAsync();
        Fill();

        var creating = keys.Invoking(full => CreateMany(full)).Should().Throw<StoreException>().Which;

        creating.Message.Should().Contain("full").And.Contain("consoles.db");
        keys.Verify(secret.Reveal())!.Id.Should().Be(key.Id);
        await link.ReportAsync(TestDomains.Running("web1"));
        _broker.Get<ConsoleDirectory>().FindDomain("web1").Should().NotBeNull();

        using var again = await agent.LinkAsync(epoch: 1);
        await again.ReportAsync();
    }

    [Fact]
    public async Task Enrolling_on_a_full_disk_is_answered_503_and_works_when_there_is_room_again()
    {
        var token = _broker.Get<NodeRegistry>().Invite("node1", []).Token.Reveal();
        using var stranger = TestAgent.Of(_broker, "nobody", certificate: null);
        using var client = stranger.CreateClient();
        using var signer = System.Security.Cryptography.ECDsa.Create(System.Security.Cryptography.ECCurve.NamedCurves.nistP256);
        var request = new Consoles.Common.Link.EnrolmentRequest(token, TestAgent.Request(signer));
        Fill();
        FluentActions.Invoking(() => CreateMany(_broker.Get<ApiKeys>())).Should().Throw<StoreException>();

        using (var refused = await PostAsync())
        {
            refused.StatusCode.Should().Be(HttpStatusCode.ServiceUnavailable);
            refused.Headers.RetryAfter.Should().NotBeNull();
        }

        File.Delete(Ballast);

        using var enrolled = await PostAsync();
        enrolled.StatusCode.Should().Be(HttpStatusCode.OK, because: "the token was not used up");
        _broker.Get<ApiKeys>().Create(ApiRole.Admin, "after", lifetime: null);

        Task<HttpResponseMessage> PostAsync() => System.Net.Http.Json.HttpClientJsonExtensions.PostAsJsonAsync(
            client, Consoles.Common.Link.LinkPaths.Enrol, request, Consoles.Common.Link.LinkJson.Default.EnrolmentRequest);
    }

    // The journal has room left in its last page for some writes, not for so many.
    private static void CreateMany(ApiKeys keys)
    {
        for (var number = 0; number < 500; number++)
        {
            keys.Create(ApiRole.Viewer, new string('x', 2000), lifetime: null);
        }
    }

    private void Fill()
    {
        using var ballast = new FileStream(Ballast, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
        var page = new byte[4096];

        try
        {
            for (var written = 0; written < 512; written++)
            {
                ballast.Write(page);
            }

            throw new InvalidOperationException("The disk is larger than it should be.");
        }
        catch (IOException e)
        {
            e.Message.Should().Contain("space");
        }
    }

    private static void Run(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program) { UseShellExecute = false, RedirectStandardError = true };
        arguments.ToList().ForEach(start.ArgumentList.Add);
        using var process = Process.Start(start)!;
        var said = process.StandardError.ReadToEnd();
        process.WaitForExit(TimeSpan.FromSeconds(10)).Should().BeTrue();
        process.ExitCode.Should().Be(0, because: said);
    }
}
