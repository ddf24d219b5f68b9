using Consoles.Common.Inventory;

namespace Consoles.Agent.Libvirt;

/// <summary>Presses keys in a guest, as if its keyboard did.</summary>
internal static class LibvirtKeys
{
    /// <summary>VIR_DOMAIN_SEND_KEY_MAX_KEYS of libvirt/libvirt-domain.h.</summary>
    public const int MaxKeys = 16;

    // VIR_KEYCODE_SET_LINUX of virKeycodeSet: the codes of linux/input-event-codes.h.
    private const uint LinuxCodes = 0;

    /// <summary>Has QEMU press the keys one after the other and let them go in reverse, with a pause after each of these. It returns before QEMU has done so.</summary>
    /// <param name="connection">To the libvirt that runs the domain.</param>
    /// <param name="id">The domain.</param>
    /// <param name="liveId">libvirt's number of the run that is meant.</param>
    /// <param name="keys">At most <see cref="MaxKeys"/>.</param>
    /// <param name="pause">After each press and each release.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="LibvirtException">libvirt refused, or that run is over.</exception>
    public static Task SendKeysAsync(this LibvirtConnection connection, DomainId id, int liveId, IReadOnlyList<int> keys, TimeSpan pause, CancellationToken cancellationToken)
    {
        var attempt = $"press keys in domain {id}";
        uint[] codes = [.. keys.Select(key => (uint)key)];

        return connection.WithRunAsync(
            attempt,
            id,
            liveId,
            (_, domain) => LibvirtNative.SendKeys(domain, LinuxCodes, (uint)pause.TotalMilliseconds, codes, codes.Length, flags: 0) >= 0 ? true : throw LibvirtError.Last(attempt),
            cancellationToken);
    }
}
