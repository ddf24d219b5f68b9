using Consoles.Common.Inventory;
using Consoles.Common.Rfb;

namespace Consoles.Agent.Inventory;

/// <summary>The strongest protection in an offer.</summary>
/// <param name="Reason">The same in words.</param>
/// <param name="Certified">The VeNCrypt subtype to choose in order to see the certificate, or null where there is none to see.</param>
internal sealed record ConsoleProtection(ConsoleSecurity Security, string Reason, VeNCryptSubtype? Certified)
{
    private static readonly (VeNCryptSubtype Subtype, ConsoleSecurity Security, string Words)[] Certificates =
    [
        (VeNCryptSubtype.X509Sasl, ConsoleSecurity.X509Sasl, "TLS with a certificate, and SASL"),
        (VeNCryptSubtype.X509Vnc, ConsoleSecurity.X509Password, "TLS with a certificate, and a VNC password"),
        (VeNCryptSubtype.X509Plain, ConsoleSecurity.X509Password, "TLS with a certificate, and a user name with password"),
        (VeNCryptSubtype.X509None, ConsoleSecurity.X509, "TLS with a certificate"),
    ];

    public static ConsoleProtection Of(RfbOffer offer)
    {
        foreach (var (subtype, security, words) in Certificates)
        {
            if (offer.Subtypes.Contains(subtype))
            {
                return new(security, $"{words} ({offer}).", subtype);
            }
        }

        if (offer.Subtypes.Any(subtype => subtype is VeNCryptSubtype.TlsNone or VeNCryptSubtype.TlsVnc or VeNCryptSubtype.TlsPlain or VeNCryptSubtype.TlsSasl)
            || offer.Types.Contains(RfbSecurityType.Tls))
        {
            return new(ConsoleSecurity.AnonymousTls, $"TLS without a certificate, so that nobody can tell who answers ({offer}).", null);
        }

        if (offer.Types.Contains(RfbSecurityType.VncAuthentication) || offer.Types.Contains(RfbSecurityType.Sasl) || offer.Subtypes.Contains(VeNCryptSubtype.Plain))
        {
            return new(ConsoleSecurity.Password, $"A password, and no TLS ({offer}).", null);
        }

        return offer.Types.Contains(RfbSecurityType.None)
            ? new(ConsoleSecurity.None, $"No protection at all ({offer}).", null)
            : new(ConsoleSecurity.Unreachable, $"Only security types that are not known here ({offer}).", null);
    }
}
