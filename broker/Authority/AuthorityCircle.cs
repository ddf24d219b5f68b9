namespace Consoles.Broker.Authority;

/// <summary>The circles of trust on the guests' side, whose roots can be rolled over.</summary>
internal enum AuthorityCircle
{
    /// <summary>Who vouches for the certificates that QEMUs serve.</summary>
    Hosts,

    /// <summary>Who vouches for brokers, to QEMUs.</summary>
    Clients,
}

internal static class AuthorityCircles
{
    extension(AuthorityCircle circle)
    {
        /// <summary>As it is written in the store, in names of files and on the command line.</summary>
        public string Word => circle == AuthorityCircle.Hosts ? "hosts" : "clients";
    }
}
