using System.ComponentModel.DataAnnotations;
using System.Diagnostics;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Consoles.Broker.Authority;
using Consoles.Common.Link;
using Consoles.Common.Tls;
using Consoles.Tests.Fakes;

namespace Consoles.Tests.Broker.Authority;

/// <summary>Another authority by a command: openssl with a root and an issuing authority of its own, and commands that fail in their ways.</summary>
public sealed class HostCommandTests : IDisposable
{
    private const string Sign =
        """
        cat > request.pem
        printf 'subjectAltName=DNS:%s%s\nextendedKeyUsage=serverAuth\nbasicConstraints=critical,CA:FALSE\n' "$CONSOLES_NODE" "$(for a in $CONSOLES_ADDRESSES; do printf ',IP:%s' $a; done)" > extensions
        """;

    private static readonly string Good = $"{Sign}\n{Openssl()}\ncat leaf.pem issuer.pem";

    private readonly TempDirectory _files = new();

    // It stands still, so that a slow machine's openssl has all the time it takes; and after the machine's, by which openssl dates what it signs.
    private readonly TestClock _clock = TestClock.OfMachine();
    private readonly TestPki _pki = new();

    public HostCommandTests() => _clock.Advance(TimeSpan.FromHours(1));

    public void Dispose()
    {
        _pki.Dispose();
        _files.Dispose();
    }

    [Fact]
    public async Task What_openssl_signs_is_handed_on_with_its_issuer_and_trusted_for_that_node()
    {
        var (answer, authority) = await OrderAsync($"{Sign}\n{Openssl()}\ncat leaf.pem issuer.pem root.pem");

        var chain = Certificates(answer.Certificate);
        chain.Should().HaveCount(2, because: "the root is not sent");
        chain[1].Subject.Should().Be("CN=Other issuer");
        Certificates(answer.Authorities).Select(one => one.Subject).Should().Equal("CN=Other issuer", "CN=Consoles clients");
        answer.Plan.Should().Be(authority.Hosts.PlanOf("node1"));
        authority.Trust.Of("node1").Roots.Check(chain[0], [chain[1]], PeerRole.Server, ["node1"]).Should().BeNull();
        authority.Trust.Of("node2").Roots.Check(chain[0], [chain[1]], PeerRole.Server, ["node1"]).Should().NotBeNull();
    }

    [Theory]
    [InlineData("echo 'the vault is sealed' >&2; exit 3", "*exit code 3.")]
    [InlineData("echo rubbish", "*0 certificates*")]
    [InlineData("head -c 100000 /dev/zero | tr '\\0' x", "*more than*")]
    [InlineData("yes | head -c 1000000 >&2; exit 1", "*code 1*")]
    [InlineData("cat root.pem", "*refused*")]
    [InlineData("CONSOLES_NODE=node2; SIGN; OPENSSL; cat leaf.pem issuer.pem", "*wrong name*")]
    [InlineData("CONSOLES_ADDRESSES=192.0.2.99; SIGN; OPENSSL; cat leaf.pem issuer.pem", "*no address but*")]
    [InlineData("SIGN; sed -i s/serverAuth/clientAuth/ extensions; OPENSSL; cat leaf.pem issuer.pem", "*wrong use*")]
    [InlineData("SIGN; sed -i s/CA:FALSE/CA:TRUE/ extensions; OPENSSL; cat leaf.pem issuer.pem", "*refused*")]
    [InlineData("SIGN; openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout /dev/null -subj /CN=x -out request.pem 2>/dev/null; OPENSSL; cat leaf.pem issuer.pem", "*another key*")]
    [InlineData("SIGN; OPENSSL; cat leaf.pem", "*wrong authority*")]
    public async Task What_a_node_could_not_use_is_refused_in_words(string script, string words) =>
        await FluentActions.Awaiting(() => OrderAsync(script.Replace("SIGN;", Sign + "\n").Replace("OPENSSL;", Openssl() + "\n")))
            .Should().ThrowAsync<HostCertificateException>().WithMessage(words);

    [Fact]
    public async Task A_command_that_takes_too_long_is_ended()
    {
        var running = OrderAsync("echo $$ > pid; exec sleep 600");
        await Eventually.TrueAsync(() => File.Exists(_files["pid"]) && File.ReadAllText(_files["pid"]).EndsWith('\n'));
        var pid = (await File.ReadAllTextAsync(_files["pid"])).Trim();

        _clock.Advance(HostCommand.Limit);

        await FluentActions.Awaiting(() => running).Should().ThrowAsync<HostCertificateException>().WithMessage("*longer than 12 seconds*");
        await Eventually.TrueAsync(() => HasEnded(pid));
    }

    [Fact]
    public async Task What_the_command_says_of_its_failure_is_for_the_log_and_cannot_look_like_lines_of_it()
    {
        var order = () => OrderAsync("printf 'secret of the vault\\n\\033[31mINFO all is well' >&2; exit 3");

        (await order.Should().ThrowAsync<HostCertificateException>()).Which.Should().Match<HostCertificateException>(
            e => !e.Message.Contains("secret") && e.Details == "secret of the vault  [31mINFO all is well");
    }

    [Fact]
    public async Task An_issuer_that_another_node_has_is_refused_unless_it_is_said_to_be_wanted()
    {
        var first = await OrderAsync(Good);
        await OrderAsync(Good, node: "node1", anew: false);

        await FluentActions.Awaiting(() => OrderAsync(Good, node: "node2", anew: false)).Should().ThrowAsync<HostCertificateException>().WithMessage("*issues for node node1 too*HostCommandSharedIssuer*");
        first.Authority.State.Invalidate();
        first.Authority.State.Current.IssuingOf("node2").Should().BeEmpty();
        await OrderAsync(Good, node: "node2", anew: false, shared: true);
    }

    [Fact]
    public async Task Another_certificate_of_the_same_issuers_key_is_refused_too()
    {
        await OrderAsync(Good);
        await RunAsync("openssl x509 -in issuer.pem -x509toreq -signkey issuer.key -out again.csr 2>/dev/null; printf 'basicConstraints=critical,CA:TRUE\\nkeyUsage=keyCertSign\\n' > ca; "
            + "openssl x509 -req -in again.csr -CA root.pem -CAkey root.key -days 30 -extfile ca -out issuer.pem 2>/dev/null");

        await FluentActions.Awaiting(() => OrderAsync(Good, node: "node2", anew: false)).Should().ThrowAsync<HostCertificateException>().WithMessage("*issues for node node1 too*");
    }

    [Fact]
    public async Task A_root_that_issues_itself_is_refused_unless_it_is_said_to_be_wanted()
    {
        var script = $"{Sign}\n{Openssl("root")}\ncat leaf.pem";

        await FluentActions.Awaiting(() => OrderAsync(script)).Should().ThrowAsync<HostCertificateException>().WithMessage("*is a root*");
        await OrderAsync(script, anew: false, shared: true);
    }

    [Fact]
    public async Task A_removal_while_the_command_runs_counts_and_what_was_withdrawn_does_not_come_back()
    {
        await OrderAsync(Good);
        var enrolled = Started().Enrol("node1");
        var running = OrderAsync($"touch runs; until [ -e go ]; do sleep 0.05; done; {Good}", anew: false, enrolledAt: enrolled);
        await Eventually.TrueAsync(() => File.Exists(_files["runs"]));

        Started().Nodes.Remove("node1").Should().BeTrue();
        await File.WriteAllTextAsync(_files["go"], "");

        await FluentActions.Awaiting(() => running).Should().ThrowAsync<HostCertificateException>().WithMessage("*removed or enrolled anew*");
        Started().State.Current.IssuingOf("node1").Should().BeEmpty();
        _clock.Advance(TimeSpan.FromSeconds(1));
        var anew = Started().Enrol("node1");
        await FluentActions.Awaiting(() => OrderAsync(Good, anew: false, enrolledAt: anew)).Should().ThrowAsync<HostCertificateException>().WithMessage("*was withdrawn*");
    }

    [Fact]
    public async Task One_order_of_a_node_at_a_time_is_carried_out()
    {
        Prepare("touch runs; until [ -e go ]; do sleep 0.05; done; exit 3");
        var authority = Started();
        var first = authority.OrderAsync("node1");
        await Eventually.TrueAsync(() => File.Exists(_files["runs"]));

        (await FluentActions.Awaiting(() => authority.OrderAsync("node1")).Should().ThrowAsync<HostCertificateException>()).Which.Busy.Should().BeTrue();

        await File.WriteAllTextAsync(_files["go"], "");
        await FluentActions.Awaiting(() => first).Should().ThrowAsync<HostCertificateException>().WithMessage("*code 3*");
        await FluentActions.Awaiting(() => authority.OrderAsync("node1")).Should().ThrowAsync<HostCertificateException>().WithMessage("*code 3*");
    }

    [Theory]
    [InlineData("rubbish", "no root")]
    [InlineData("LEAF", "no root")]
    public async Task A_file_of_roots_without_a_root_is_refused_at_the_start(string content, string words)
    {
        Prepare("exit 3");
        await File.WriteAllTextAsync(_files["root.pem"], content == "LEAF" ? _pki.Server("x").ChainPem : content);

        var faults = Options().Validate(new ValidationContext(Options())).ToList();

        faults.Should().ContainSingle().Which.ErrorMessage.Should().Contain(words).And.Contain("root.pem");
    }

    private static string Openssl(string issuer = "issuer") =>
        $"openssl x509 -req -in request.pem -CA {issuer}.pem -CAkey {issuer}.key -days 7 -extfile extensions -out leaf.pem 2>/dev/null";

    private async Task<(HostCertificateAnswer Answer, TestAuthority Authority)> OrderAsync(
        string script, string node = "node1", bool anew = true, bool shared = false, DateTimeOffset? enrolledAt = null)
    {
        Prepare(script, anew);
        var authority = Started(shared);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return (await authority.Hosts.OrderAsync(node, enrolledAt, [IPAddress.Parse("192.0.2.7")], IPAddress.Loopback, TestAgent.Request(key), CancellationToken.None), authority);
    }

    private void Prepare(string script, bool anew = true)
    {
        if (anew)
        {
            var issuer = _pki.Issuer("Other issuer").Certificate;
            File.WriteAllText(_files["root.pem"], _pki.RootPem + "\n");
            File.WriteAllText(_files["root.key"], _pki.Root.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem());
            File.WriteAllText(_files["issuer.pem"], issuer.ExportCertificatePem() + "\n");
            File.WriteAllText(_files["issuer.key"], issuer.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem());
        }

        // By a process of its own: one that another test starts has for a moment what is open in this one, and what is open for writing cannot be run.
        using var writing = Process.Start(new ProcessStartInfo("sh", ["-c", "cat > command && chmod 700 command"]) { WorkingDirectory = _files.Path, UseShellExecute = false, RedirectStandardInput = true })!;
        writing.StandardInput.Write($"#!/bin/sh\ncd {_files.Path}\n{script}\n");
        writing.StandardInput.Close();
        writing.WaitForExit();
        writing.ExitCode.Should().Be(0);
    }

    private static bool HasEnded(string pid)
    {
        try
        {
            return File.ReadAllText($"/proc/{pid}/status").Contains("(zombie)", StringComparison.Ordinal);
        }
        catch (IOException)
        {
            // Gone, if only while this was read.
            return true;
        }
    }

    private async Task RunAsync(string script)
    {
        using var shell = Process.Start(new ProcessStartInfo("sh", ["-c", script]) { WorkingDirectory = _files.Path })!;
        await shell.WaitForExitAsync();
        shell.ExitCode.Should().Be(0);
    }

    private TestAuthority Started(bool shared = false) => new(_files["state"], _clock, Options(shared));

    private AuthorityOptions Options(bool shared = false) => new() { HostCommand = _files["command"], HostCommandCaFile = _files["root.pem"], HostCommandSharedIssuer = shared };

    private static X509Certificate2Collection Certificates(string pem)
    {
        var all = new X509Certificate2Collection();
        all.ImportFromPem(pem);
        return all;
    }
}
