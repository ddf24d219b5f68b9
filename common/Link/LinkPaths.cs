namespace Consoles.Common.Link;

/// <summary>The paths of the broker's listener for agents.</summary>
public static class LinkPaths
{
    /// <summary>
    /// GET, no client certificate wanted: the fleet's root in PEM. An agent that enrols reads it over a connection it does not trust yet,
    /// compares the SHA-256 of its DER form with the one in the join token, and trusts it alone from then on: a TLS server does not send its root.
    /// </summary>
    public const string Authority = "/authority";

    /// <summary>POST <see cref="EnrolmentRequest"/>, no client certificate wanted.</summary>
    public const string Enrol = "/enrol";

    /// <summary>POST <see cref="EnrolmentRequest"/>, with the present client certificate.</summary>
    public const string Renew = "/renew";

    /// <summary>POST <see cref="HostCertificateRequest"/>, with a client certificate. 404: the broker issues none (a PKI made by hand is in use).</summary>
    public const string HostCertificate = "/host-certificate";

    /// <summary>POST <see cref="HoldRequest"/>, with a client certificate.</summary>
    public const string Hold = "/hold";

    /// <summary>GET, upgraded to a WebSocket of <see cref="LinkMessage"/>s, with a client certificate.</summary>
    public const string Link = "/link";

    /// <summary>
    /// GET with "Upgrade: consoles-stream", "Authorization: Stream SECRET" of a <see cref="StreamWanted"/> and a client certificate:
    /// after 101 the connection is the stream.
    /// </summary>
    public const string Stream = "/stream";

    /// <summary>The protocol that <see cref="Stream"/> is upgraded to.</summary>
    public const string StreamProtocol = "consoles-stream";

    /// <summary>The authentication scheme of <see cref="Stream"/>.</summary>
    public const string StreamScheme = "Stream";
}
