using Consoles.Common.Inventory;

namespace Consoles.Tests.Fakes;

/// <summary>What a node with one guest says of its certificates.</summary>
internal static class CertificateSamples
{
    public static readonly DomainReport Web = TestDomains.Running("web1") with { Consoles = [VncTargets.Console(5900)] };

    public static NodeCertificates Of(string plan, TimeProvider clock, CertificateCondition condition = CertificateCondition.Fresh, TimeSpan? life = null)
    {
        var now = clock.GetUtcNow();
        var end = now + (life ?? TimeSpan.FromDays(7));

        return new NodeCertificates
        {
            Sets = [new CertificateSet(CertificateUse.Vnc, "/etc/pki/libvirt-vnc", Enabled: true, ByHand: false, Certificate("0b", now, end), plan)],
            Consoles = [new ConsoleCertificate(Web.Incarnation!, "vnc0", condition, Certificate("0a", now, end), now - TimeSpan.FromMinutes(1), Reason: null, end)],
        };
    }

    public static ServedCertificate Certificate(string serial, DateTimeOffset from, DateTimeOffset until) => new($"f{serial}", serial, "CN=node1", ["node1"], from, until);
}
