using System.Collections.Concurrent;
using System.Security.Cryptography.X509Certificates;
using Consoles.Broker.Hosting;
using Consoles.Broker.Store;
using Microsoft.Extensions.Options;

namespace Consoles.Broker.Authority;

/// <summary>The roots of the three circles of trust, made at the first start.</summary>
internal sealed class AuthorityRoots
{
    private static readonly TimeSpan Life = TimeSpan.FromDays(3650);

    // Between a hosts root and a leaf stands the node's own authority.
    private const int HostsPathLength = 1;

    private readonly ConcurrentDictionary<(AuthorityCircle Circle, int Number), X509Certificate2> _further = new();
    private readonly TimeProvider _clock;
    private readonly ILogger<AuthorityRoots> _log;
    private readonly string _directory;

    /// <exception cref="StartException">Keys on disk are readable by others, or damaged.</exception>
    /// <exception cref="StoreException">The state directory cannot be used.</exception>
    public AuthorityRoots(IOptions<StoreOptions> store, TimeProvider clock, ILogger<AuthorityRoots> log)
    {
        (_clock, _log, _directory) = (clock, log, store.Value.Directory);

        Files = Attempt(() =>
        {
            StateDirectory.Make(_directory);
            return new AuthorityFiles(Path.Combine(_directory, "authority"));
        });

        Fleet = Make("fleet", pathLength: 0);
        Hosts = Make("hosts", HostsPathLength);
        Clients = Make("clients", pathLength: 0);
    }

    /// <summary>Agents' certificates, and the broker's own as agents and browsers see it.</summary>
    public X509Certificate2 Fleet { get; }

    /// <summary>The host side: certificates of QEMU's servers.</summary>
    public X509Certificate2 Hosts { get; }

    /// <summary>The client side: what QEMU's servers know brokers by.</summary>
    public X509Certificate2 Clients { get; }

    public AuthorityFiles Files { get; }

    /// <summary>One of the roots that a circle has had; 1 is that of the first start.</summary>
    /// <exception cref="StoreException">Its file cannot be read, is readable by others, or damaged.</exception>
    public X509Certificate2 Get(AuthorityCircle circle, int number) => (circle, number) switch
    {
        (AuthorityCircle.Hosts, 1) => Hosts,
        (AuthorityCircle.Clients, 1) => Clients,
        _ => _further.GetOrAdd((circle, number), root => ReadFurther($"{FileName(root.Circle, root.Number)}.pem")),
    };

    /// <summary>Makes a further root of a circle, unless it is there already.</summary>
    /// <exception cref="StoreException">The authority's directory cannot be used.</exception>
    public void MakeFurther(AuthorityCircle circle, int number)
    {
        try
        {
            Make(FileName(circle, number), circle == AuthorityCircle.Hosts ? HostsPathLength : 0).Dispose();
        }
        catch (StartException e)
        {
            throw new StoreException(e.Message, e);
        }
    }

    // A broker that runs must not end by it, as one that starts does.
    private X509Certificate2 ReadFurther(string name)
    {
        try
        {
            return Attempt(() => Files.Read(name));
        }
        catch (StartException e)
        {
            throw new StoreException(e.Message, e);
        }
    }

    private static string FileName(AuthorityCircle circle, int number) => $"{circle.Word}-{number}";

    private X509Certificate2 Make(string name, int pathLength) => Attempt(() =>
    {
        var root = Files.ReadOrMake(name, () => Issuing.MakeRoot($"Consoles {name}", pathLength, _clock.GetUtcNow(), Life), out var made);

        if (made)
        {
            _log.RootMade(name, root.Thumbprint);
        }

        return root;
    });

    private T Attempt<T>(Func<T> work)
    {
        try
        {
            return work();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StoreException($"The authority's files in {_directory} cannot be read or made: {e.Message}", e);
        }
    }
}
