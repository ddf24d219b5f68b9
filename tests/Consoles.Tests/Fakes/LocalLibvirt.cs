using System.Runtime.InteropServices;
using Consoles.Common.Inventory;

namespace Consoles.Tests.Fakes;

/// <summary>Starts and ends domains in libvirt's test:///default, which lives inside this process and is the same for all its connections.</summary>
internal sealed partial class LocalLibvirt : IDisposable
{
    public const string Uri = "test:///default";

    private const string Library = "libvirt.so.0";

    private readonly nint _connection = Open(Uri);

    public DomainId Start(string name)
    {
        var id = new DomainId(Guid.NewGuid());
        var domain = Create(_connection, $"<domain type='test'><name>{name}</name><uuid>{id}</uuid><memory>1024</memory><os><type>hvm</type></os></domain>", 0);
        domain.Should().NotBe(0);
        _ = Free(domain);
        return id;
    }

    public void End(DomainId id)
    {
        var domain = Find(_connection, id.ToString());
        Destroy(domain).Should().Be(0);
        _ = Free(domain);
    }

    public void Dispose() => _ = Close(_connection);

    [LibraryImport(Library, EntryPoint = "virConnectOpen", StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint Open(string uri);

    [LibraryImport(Library, EntryPoint = "virConnectClose")]
    private static partial int Close(nint connection);

    [LibraryImport(Library, EntryPoint = "virDomainCreateXML", StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint Create(nint connection, string xml, uint flags);

    [LibraryImport(Library, EntryPoint = "virDomainLookupByUUIDString", StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint Find(nint connection, string uuid);

    [LibraryImport(Library, EntryPoint = "virDomainDestroy")]
    private static partial int Destroy(nint domain);

    [LibraryImport(Library, EntryPoint = "virDomainFree")]
    private static partial int Free(nint domain);
}
