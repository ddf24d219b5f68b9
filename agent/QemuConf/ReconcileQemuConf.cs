using Microsoft.Extensions.Options;

namespace Consoles.Agent.QemuConf;

/// <summary>Looks whether qemu.conf still says what the node's policy wants.</summary>
internal sealed class ReconcileQemuConf(QemuConfFile file, IOptions<QemuConfOptions> options)
{
    /// <returns>The differences in words; null when there are none, or when qemu.conf is a person's and was never changed by this agent.</returns>
    public string? Drift()
    {
        if (!options.Value.Managed && !File.Exists(file.AppliedPath))
        {
            return null;
        }

        try
        {
            var plan = file.Plan();
            return plan.IsDone ? null : $"{file.Path} is not as the policy wants it: {string.Join("; ", plan.Changes)}. consoles-agent qemu-conf --apply changes that.";
        }
        catch (QemuConfException fault)
        {
            return fault.Message;
        }
    }
}
