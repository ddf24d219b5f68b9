using Consoles.Agent.Inventory;
using Consoles.Agent.QemuConf;
using Consoles.Common.Inventory;

namespace Consoles.Agent.Rotation;

/// <summary>What the broker is told of this node's certificates.</summary>
internal sealed class NodeCertificatesReport(NodeInventory inventory, SetsOnDisk disk, GuestCertificates guests, RotationSchedule schedule, ReconcileQemuConf conf)
{
    public NodeCertificates Current()
    {
        try
        {
            var now = disk.Read();

            return new NodeCertificates
            {
                Sets = [.. now.Kept.Select(Of)],
                Consoles = [.. guests.Against(now).OrderBy(console => console.Incarnation.Domain.ToString(), StringComparer.Ordinal).ThenBy(console => console.Console, StringComparer.Ordinal)],
                Drift = Drift,
            };
        }
        catch (QemuConfException e)
        {
            return new NodeCertificates { Drift = e.Message };
        }
    }

    /// <summary>What the latest look at qemu.conf found.</summary>
    public string? Drift { get; private set; }

    public void Reconcile()
    {
        Drift = conf.Drift();
        Publish();
    }

    public void Publish() => inventory.Publish(Current());

    private CertificateSet Of(SetOnDisk set)
    {
        var fault = schedule.FaultOf(set.Directory);
        return new CertificateSet(set.Use, set.Directory, set.Enabled, !schedule.IsOurs(set), set.Certificate, set.Plan, fault?.Reason ?? set.Fault, fault?.RetryAt);
    }
}
