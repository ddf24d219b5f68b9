using System.Security.Cryptography.X509Certificates;
using Consoles.Broker.Store;
using Microsoft.Extensions.Options;

namespace Consoles.Broker.Authority;

/// <summary>The roots of the three circles of trust, made at the first start.</summary>
internal sealed class AuthorityRoots
{
    private static readonly TimeSpan Life = TimeSpan.FromDays(3650);

    /// <exception cref="Consoles.Broker.Hosting.StartException">Keys on disk are readable by others, or damaged.</exception>
    /// <exception cref="StoreException">The state directory cannot be used.</exception>
    public AuthorityRoots(IOptions<StoreOptions> store, TimeProvider clock, ILogger<AuthorityRoots> log)
    {
        try
        {
            StateDirectory.Make(store.Value.Directory);
            var files = new AuthorityFiles(Path.Combine(store.Value.Directory, "authority"));

            Fleet = Get("fleet", pathLength: 0);
            Hosts = Get("hosts", pathLength: 1);
            Clients = Get("clients", pathLength: 0);

            X509Certificate2 Get(string name, int pathLength)
            {
                var root = files.ReadOrMake(name, () => Issuing.MakeRoot($"Consoles {name}", pathLength, clock.GetUtcNow(), Life), out var made);

                if (made)
                {
                    log.RootMade(name, root.Thumbprint);
                }

                return root;
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StoreException($"The authority's files in {store.Value.Directory} cannot be read or made: {e.Message}", e);
        }
    }

    /// <summary>Agents' certificates, and the broker's own as agents and browsers see it.</summary>
    public X509Certificate2 Fleet { get; }

    /// <summary>The host side: certificates of QEMU's servers.</summary>
    public X509Certificate2 Hosts { get; }

    /// <summary>The client side: what QEMU's servers know brokers by.</summary>
    public X509Certificate2 Clients { get; }
}
