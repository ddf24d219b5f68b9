using System.Globalization;
using Consoles.Agent.Libvirt;
using Consoles.Common.Inventory;

namespace Consoles.Agent.Inventory;

/// <summary>Takes a console's password from the secure XML: the only place that asks libvirt for it. It is handed on and kept nowhere.</summary>
internal sealed class ConsolePasswordReader(LibvirtAccess access, Incarnations incarnations, TimeProvider clock) : IConsolePasswordReader
{
    public async Task<string?> ReadAsync(Incarnation incarnation, string console, CancellationToken cancellationToken)
    {
        var connection = access.Connection;

        if (await connection.LiveIdAsync(incarnation.Domain, cancellationToken) is null)
        {
            return null;
        }

        var domain = Parse(await connection.ReadSecureXmlAsync(incarnation.Domain, cancellationToken));

        // Looked at after reading: a run that is present now and began before was present in between, when the XML was made.
        if (domain.LiveId is not { } liveId || !incarnations.IsPresent(incarnation, liveId))
        {
            return null;
        }

        var graphics = GraphicsXml.Named(domain.Devices).FirstOrDefault(graphics => graphics.Name == console).Device;

        return graphics?["passwd"] is { Length: > 0 } password && StillValid(graphics, console) ? password : null;
    }

    private static DomainDevices Parse(string xml)
    {
        try
        {
            return DomainXmlReader.ReadDevices(xml);
        }
        catch (DomainXmlException)
        {
            // That reason may quote the XML, and this XML holds secrets.
            throw new LibvirtException("read the console's password: the domain's XML was refused");
        }
    }

    private bool StillValid(DeviceElement graphics, string console)
    {
        if (graphics["passwdValidTo"] is not { } until)
        {
            return true;
        }

        // libvirt writes UTC without saying so (formatdomain, passwdValidTo).
        if (!DateTimeOffset.TryParse(until, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var validTo))
        {
            throw new LibvirtException($"read the password of {console}: the end of its validity is no time: {Printable.Of(until, 40)}");
        }

        return clock.GetUtcNow() < validTo
            ? true
            : throw new LibvirtException($"read the password of {console}: it was valid until {validTo:yyyy-MM-dd HH:mm:ss}Z, and QEMU lets nobody in until a new one is set");
    }
}
