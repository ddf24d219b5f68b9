using Consoles.Tests.Fakes;

namespace Consoles.Tests.EndToEnd;

/// <summary>A node whose guests have a shell on serial consoles of every kind.</summary>
public class SerialGuests : IAsyncLifetime
{
    private readonly TestPki _pki = new();
    private LibvirtHost? _host;
    private SerialNode? _node;

    public LibvirtHost Host => _host!;

    internal SerialNode Node => _node!;

    public int TcpPort { get; private set; }

    /// <summary>The certificates of the serial lines that are inside TLS.</summary>
    public string Papers { get; private set; } = "";

    protected virtual bool HasNode => true;

    public async Task InitializeAsync()
    {
        var papers = Directory.CreateTempSubdirectory("consoles-serial-").FullName;
        Papers = papers;
        _pki.Server(SerialNode.Name).WriteServerFiles(papers, _pki.RootPem);
        var own = _pki.Client("agent");
        await File.WriteAllTextAsync(Path.Combine(papers, "client-cert.pem"), own.ChainPem);
        await File.WriteAllTextAsync(Path.Combine(papers, "client-key.pem"), own.KeyPem);
        File.SetUnixFileMode(papers, LibvirtHostFiles.ForAll);

        foreach (var file in Directory.EnumerateFiles(papers))
        {
            File.SetUnixFileMode(file, LibvirtHostFiles.ForAll);
        }

        _host = await LibvirtHost.StartNewAsync("chardev_tls = 1", "chardev_tls_x509_verify = 1", $"chardev_tls_x509_cert_dir = \"{papers}\"");
        var image = await GuestImage.GetAsync();
        TcpPort = _host.NextPort();

        // Before the guests, so that it hears all that they say. A second agent on the same consoles would find them held.
        if (HasNode)
        {
            _node = await SerialNode.StartAsync(
                _host.Uri, ("Relays:Serial:TlsDirectory", papers), ("Relays:Serial:ScrollbackOff:0", "loose"), ("Relays:Serial:LogDirectories:0", _host.PathFor("logs")));
        }

        await _host.StartAsync(GuestXml.Linux("every", image)
            .SerialPty().SerialUnix(_host.PathFor("every.sock")).SerialTcp(TcpPort).SerialTcp(_host.NextPort(), telnet: true));
        await _host.StartAsync(GuestXml.Linux("secure", image).SerialPty().SerialTcp(_host.NextPort(), tls: true).ConsoleVirtio());
    }

    public async Task DisposeAsync()
    {
        if (_node is not null)
        {
            await _node.DisposeAsync();
        }

        if (_host is not null)
        {
            await _host.DisposeAsync();
        }

        Directory.Delete(Papers, recursive: true);
        _pki.Dispose();
    }
}

/// <summary>The guests alone, for an agent of the test's own.</summary>
public sealed class SerialGuestsAlone : SerialGuests
{
    protected override bool HasNode => false;
}
