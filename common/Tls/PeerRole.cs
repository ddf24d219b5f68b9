namespace Consoles.Common.Tls;

/// <summary>What a peer's certificate must be good for (RFC 5280, section 4.2.1.12).</summary>
internal enum PeerRole
{
    /// <summary>It was dialled: serverAuth.</summary>
    Server,

    /// <summary>It dialled us: clientAuth.</summary>
    Client,
}
