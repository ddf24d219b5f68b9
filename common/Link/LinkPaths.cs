namespace Consoles.Common.Link;

/// <summary>The paths of the broker's listener for agents.</summary>
public static class LinkPaths
{
    /// <summary>POST <see cref="EnrolmentRequest"/>, no client certificate wanted.</summary>
    public const string Enrol = "/enrol";

    /// <summary>POST <see cref="EnrolmentRequest"/>, with the present client certificate.</summary>
    public const string Renew = "/renew";

    /// <summary>GET, upgraded to a WebSocket of <see cref="LinkMessage"/>s, with a client certificate.</summary>
    public const string Link = "/link";
}
