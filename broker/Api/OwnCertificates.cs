using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Consoles.Broker.Authority;
using Consoles.Broker.Hosting;
using Microsoft.Extensions.Options;

namespace Consoles.Broker.Api;

/// <summary>Shows the certificates that this broker shows of itself.</summary>
internal sealed class OwnCertificates(BrokerCertificate server, IGuestTrust guests, PeopleCertificate people, IOptions<ListenersOptions> listeners)
{
    public IReadOnlyList<OwnCertificateAnswer> Show()
    {
        var own = new List<OwnCertificateAnswer> { Of("agents", server.Current) };

        if (listeners.Value.People.EffectiveScheme == ListenerScheme.Https)
        {
            own.Insert(0, Of("people", people.Context.TargetCertificate, people.Fault));
        }

        try
        {
            // Of no node: what is shown to guests is the same whosever they are.
            if (guests.Of("").Own is { } client)
            {
                own.Add(Of("guests", client.Certificate));
            }
        }
        catch (Exception e) when (e is CryptographicException or IOException)
        {
            own.Add(new OwnCertificateAnswer("guests", Serial: null, NotAfter: null, e.Message));
        }

        return own;
    }

    private static OwnCertificateAnswer Of(string use, X509Certificate2 certificate, string? fault = null) =>
        new(use, certificate.SerialNumber.ToLowerInvariant(), new DateTimeOffset(certificate.NotAfter.ToUniversalTime()), fault);
}
