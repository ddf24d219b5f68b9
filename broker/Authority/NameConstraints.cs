using System.Formats.Asn1;
using System.Net;
using System.Security.Cryptography.X509Certificates;

namespace Consoles.Broker.Authority;

/// <summary>The names that an authority may issue for (RFC 5280, section 4.2.1.10).</summary>
internal static class NameConstraints
{
    private const string ObjectIdentifier = "2.5.29.30";

    private static readonly Asn1Tag PermittedSubtrees = new(TagClass.ContextSpecific, 0);
    private static readonly Asn1Tag ExcludedSubtrees = new(TagClass.ContextSpecific, 1);
    private static readonly Asn1Tag DnsName = new(TagClass.ContextSpecific, 2);
    private static readonly Asn1Tag IpAddress = new(TagClass.ContextSpecific, 7);

    /// <param name="name">This DNS name, and by the RFC's rule whatever is below it.</param>
    /// <param name="addresses">These addresses. With none, no certificate with an address is valid: a form that is not mentioned would be free.</param>
    public static X509Extension Of(string name, IReadOnlyList<IPAddress> addresses)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);

        using (writer.PushSequence())
        {
            using (writer.PushSequence(PermittedSubtrees))
            {
                Write(writer, inner => inner.WriteCharacterString(UniversalTagNumber.IA5String, name, DnsName));

                foreach (var address in addresses)
                {
                    var bytes = address.GetAddressBytes();
                    Write(writer, inner => inner.WriteOctetString([.. bytes, .. Enumerable.Repeat((byte)0xFF, bytes.Length)], IpAddress));
                }
            }

            if (addresses.Count == 0)
            {
                using (writer.PushSequence(ExcludedSubtrees))
                {
                    Write(writer, inner => inner.WriteOctetString(new byte[8], IpAddress));
                    Write(writer, inner => inner.WriteOctetString(new byte[32], IpAddress));
                }
            }
        }

        return new X509Extension(ObjectIdentifier, writer.Encode(), critical: true);
    }

    private static void Write(AsnWriter writer, Action<AsnWriter> name)
    {
        using (writer.PushSequence())
        {
            name(writer);
        }
    }
}
