using System.Security.Cryptography;
using System.Text.Json;
using Consoles.Common.Tls;
using Microsoft.Extensions.Options;

namespace Consoles.Agent.Identity;

/// <summary>The agent's identity on disk: certificate, key, the broker's roots and its address.</summary>
/// <remarks>
/// The directory "identity" is a link: a change writes a fresh directory and renames one link over another, so that a crash at any
/// moment leaves the old key with the old certificate or the new with the new, never one of each.
/// </remarks>
internal sealed class IdentityFiles(IOptions<IdentityOptions> options, TimeProvider clock)
{
    public const string CertificateFile = "agent-cert.pem";
    public const string KeyFile = "agent-key.pem";
    public const string AuthorityFile = "broker-ca.pem";
    public const string BrokerFile = "broker.json";

    private const string LinkName = "identity";

    private static readonly TimeSpan LockLimit = TimeSpan.FromSeconds(10);

    private const string HowToEnrol =
        "Invite it at the broker (consoles-broker node invite NAME), then run here: consoles-agent enrol --broker https://HOST:6084 --token-file -";

    private readonly string _state = Path.GetFullPath(options.Value.StateDirectory);

    public string Directory => Path.Combine(_state, LinkName);

    public bool Exist => System.IO.Directory.Exists(Directory);

    /// <exception cref="IdentityException">There is none, or it cannot be used.</exception>
    public AgentIdentity Read()
    {
        while (true)
        {
            var present = Present();

            try
            {
                return Read(present ?? Directory);
            }
            catch (IdentityException) when (present is not null && Present() != present)
            {
                // It was replaced while it was read, and is removed by now: its successor is read.
            }
        }
    }

    // The directory that the link stands for, so that all files are those of one identity.
    private string? Present() => new FileInfo(Directory).LinkTarget is { } name ? Path.Combine(_state, name) : null;

    private AgentIdentity Read(string directory)
    {
        if (!System.IO.Directory.Exists(directory))
        {
            throw new IdentityException($"This node is not enrolled: there is no {Directory}. {HowToEnrol}");
        }

        try
        {
            RefuseOpenKey(directory);

            var paper = JsonSerializer.Deserialize(ReadText(directory, BrokerFile), IdentityJson.Default.BrokerPaper)
                ?? throw new JsonException($"{BrokerFile} is empty.");

            var identity = new AgentIdentity(
                paper.Node,
                BrokerAddress.Parse(options.Value.Broker ?? paper.Broker),
                TlsIdentity.FromPem(ReadText(directory, CertificateFile), ReadText(directory, KeyFile)),
                PeerTrust.FromPem(ReadText(directory, AuthorityFile), clock));

            return clock.GetUtcNow() < identity.NotAfter
                ? identity
                : throw new IdentityException(
                    $"The certificate of node {identity.Node} expired at {identity.NotAfter:u} and cannot be renewed any more. {HowToEnrol} --force");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException or CryptographicException)
        {
            throw new IdentityException($"The identity in {Directory} cannot be used: {e.Message} If it is damaged, enrol again. {HowToEnrol} --force", e);
        }
    }

    /// <summary>Finds out before a one-time token is spent whether its certificate could be stored.</summary>
    /// <exception cref="IdentityException">It could not.</exception>
    public void RequireRoom()
    {
        var trial = Path.Combine(_state, $"{LinkName}-{Guid.NewGuid():N}.link");

        try
        {
            System.IO.Directory.CreateDirectory(_state, DurableFiles.OwnerDirectory);
            DurableFiles.Create(trial, new string('-', 16 * 1024));
            File.Delete(trial);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new IdentityException($"An identity could not be stored: {e.Message} The token was not sent.", e);
        }
    }

    /// <exception cref="IOException">It was not stored; what was there is untouched.</exception>
    /// <exception cref="UnauthorizedAccessException">The same.</exception>
    public async Task ReplaceAsync(IdentityPapers papers, CancellationToken cancellationToken)
    {
        System.IO.Directory.CreateDirectory(_state, DurableFiles.OwnerDirectory);

        // An agent that renews its identity while the node is enrolled again: each would remove what the other has just made.
        using var held = await FileLock.TakeAsync(Path.Combine(_state, $"{LinkName}.lock"), LockLimit, clock, cancellationToken)
            ?? throw new IOException($"Another change of {Directory} did not end within {LockLimit.TotalSeconds:0} s.");

        Replace(papers);
    }

    private void Replace(IdentityPapers papers)
    {
        var name = $"{LinkName}-{Guid.NewGuid():N}";
        var fresh = Path.Combine(_state, name);
        var link = $"{fresh}.link";

        try
        {
            System.IO.Directory.CreateDirectory(fresh, DurableFiles.OwnerDirectory);
            DurableFiles.Create(Path.Combine(fresh, CertificateFile), papers.Certificate);
            DurableFiles.Create(Path.Combine(fresh, KeyFile), papers.Key);
            DurableFiles.Create(Path.Combine(fresh, AuthorityFile), papers.Authority);
            DurableFiles.Create(
                Path.Combine(fresh, BrokerFile),
                JsonSerializer.Serialize(new BrokerPaper(papers.Broker.GetLeftPart(UriPartial.Authority), papers.Node), IdentityJson.Default.BrokerPaper));
            DurableFiles.SyncDirectory(fresh);

            File.CreateSymbolicLink(link, name);
            DurableFiles.Rename(link, Directory);
        }
        catch
        {
            File.Delete(link);

            if (System.IO.Directory.Exists(fresh))
            {
                System.IO.Directory.Delete(fresh, recursive: true);
            }

            throw;
        }

        DurableFiles.SyncDirectory(_state);
        RemoveAllBut(name);
    }

    // Old keys, and what a crash left half written.
    private void RemoveAllBut(string current)
    {
        foreach (var link in System.IO.Directory.GetFiles(_state, $"{LinkName}-*.link"))
        {
            File.Delete(link);
        }

        foreach (var old in System.IO.Directory.GetDirectories(_state, $"{LinkName}-*").Where(path => Path.GetFileName(path) != current))
        {
            System.IO.Directory.Delete(old, recursive: true);
        }
    }

    private void RefuseOpenKey(string directory)
    {
        if ((File.GetUnixFileMode(Path.Combine(directory, KeyFile)) & ~DurableFiles.OwnerFile) != UnixFileMode.None)
        {
            var key = Path.Combine(Directory, KeyFile);
            throw new IdentityException($"{key} can be read by others than its owner. Run: chmod 600 {key} - and enrol again if someone may have read it.");
        }
    }

    private static string ReadText(string directory, string file) => File.ReadAllText(Path.Combine(directory, file));
}
