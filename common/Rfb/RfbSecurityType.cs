namespace Consoles.Common.Rfb;

/// <summary>RFB security types (RFC 6143, section 7.1.2, and the IANA registry that it opened). Others are kept as numbers.</summary>
internal enum RfbSecurityType : byte
{
    Invalid = 0,
    None = 1,
    VncAuthentication = 2,
    Tls = 18,
    VeNCrypt = 19,
    Sasl = 20,
}

/// <summary>VeNCrypt 0.2 subtypes (rfbproto, "VeNCrypt"; QEMU: ui/vnc-auth-vencrypt.h). Others are kept as numbers.</summary>
/// <remarks>Tls* is TLS without certificates: nobody can tell who answers. X509* is TLS with them.</remarks>
internal enum VeNCryptSubtype : uint
{
    Plain = 256,
    TlsNone = 257,
    TlsVnc = 258,
    TlsPlain = 259,
    X509None = 260,
    X509Vnc = 261,
    X509Plain = 262,
    X509Sasl = 263,
    TlsSasl = 264,
}
