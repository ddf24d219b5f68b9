using System.Net;
using System.Net.Sockets;
using Consoles.Agent.Inventory;
using Consoles.Agent.Libvirt;
using Consoles.Common.Inventory;
using Consoles.Common.Link;
using Consoles.Common.Relaying;
using Microsoft.Extensions.Logging;

namespace Consoles.Agent.Relays;

/// <summary>Opens a VNC or SPICE console on this node: as a descriptor from libvirt, else at its unix socket or its port.</summary>
/// <remarks>
/// libvirt hands over a socket of that very domain's QEMU, already authenticated (VIR_DOMAIN_OPEN_GRAPHICS_SKIPAUTH): docs/decisions/0009 says why.
/// At a unix socket or a port QEMU asks for its TLS and its password as of anybody, and the broker answers.
/// </remarks>
internal sealed class GraphicsOpener(LibvirtAccess access, PresentRun runs, NodeInventory inventory, OpenedGraphics opened, ILogger<GraphicsOpener> logger) : IStreamOpener
{
    public bool Opens(StreamSource source) => source is GraphicsSource;

    public async Task<OpenedStream> OpenAsync(Incarnation run, StreamSource source, CancellationToken cancellationToken)
    {
        var (console, tls) = (GraphicsSource)source;
        var stream = await OpenAsync(run, await FindAsync(run, console, cancellationToken), tls, cancellationToken);

        try
        {
            return await runs.IsPresentAsync(run, cancellationToken) ? new OpenedGraphics(stream) : throw StreamOpenException.RunIsOver();
        }
        catch
        {
            await stream.DisposeAsync();
            throw;
        }
    }

    /// <summary>Where the console is now, by libvirt; by the latest report while libvirt is away, which no guest minds.</summary>
    private async Task<GraphicsPlace> FindAsync(Incarnation run, string console, CancellationToken cancellationToken)
    {
        try
        {
            var live = await access.Connection.ReadAsync(run.Domain, cancellationToken);

            return live is { Xml: { } xml }
                ? GraphicsXml.Find(DomainXmlReader.ReadDevices(xml).Devices, console) ?? throw NoConsole(console)
                : throw StreamOpenException.RunIsOver();
        }
        catch (LibvirtException) when (Reported(run, console) is { } reported)
        {
            return new GraphicsPlace(Index: null, reported);
        }
        catch (DomainXmlException e)
        {
            throw new StreamOpenException(StreamFault.Failed, $"The domain's XML was refused: {e.Message}", e);
        }
    }

    private ConsoleEndpoint? Reported(Incarnation run, string console) =>
        inventory.Current.Domains.GetValueOrDefault(run.Domain) is { } domain && domain.Incarnation == run
            ? domain.Consoles.FirstOrDefault(endpoint => endpoint.Kind != ConsoleKind.Serial && endpoint.Name == console)
            : null;

    private async Task<Stream> OpenAsync(Incarnation run, GraphicsPlace place, bool tls, CancellationToken cancellationToken)
    {
        var endpoint = place.Endpoint;
        string? refusal = null;

        // libvirt does not tell QEMU that such a connection is as good as TLS, so a channel that wants TLS needs the TLS port.
        if (!tls && place.Index is { } index)
        {
            try
            {
                var socket = await access.Connection.OpenGraphicsAsync(run.Domain, index, cancellationToken);
                return new CountedStream(new NetworkStream(socket, ownsSocket: true), opened, run);
            }
            catch (LibvirtException e)
            {
                refusal = e.Message;
                logger.GraphicsDialled(run.Domain, endpoint.Name, e.Message);
            }
        }

        return await DialAsync(AddressOf(endpoint, tls) ?? throw NoDoor(endpoint, tls, refusal), cancellationToken);
    }

    // A unix socket never has TLS of its own.
    private static EndPoint? AddressOf(ConsoleEndpoint endpoint, bool tls) =>
        !tls ? LocalAddress.Of(endpoint, endpoint.Port) : endpoint.Transport == ConsoleTransport.Tcp ? LocalAddress.Of(endpoint, endpoint.TlsPort) : null;

    private static async Task<Stream> DialAsync(EndPoint address, CancellationToken cancellationToken)
    {
        try
        {
            return new NetworkStream(await LocalAddress.ConnectAsync(address, cancellationToken), ownsSocket: true);
        }
        catch (SocketException e)
        {
            throw new StreamOpenException(StreamFault.Failed, $"No connection to the guest's console: {e.Message}", e);
        }
    }

    private static StreamOpenException NoConsole(string console) => new(StreamFault.NoSuchConsole, $"The domain has no graphics console {console}.");

    private static StreamOpenException NoDoor(ConsoleEndpoint endpoint, bool tls, string? refusal) => new(
        StreamFault.NoSuchConsole,
        tls
            ? $"{endpoint.Name} has no TLS port."
            : $"{endpoint.Name} has neither a socket nor a port, and libvirt does not hand it over{(refusal is null ? "" : $": {refusal}")}.");

    private sealed class OpenedGraphics(Stream guest) : OpenedStream
    {
        public override Task ServeAsync(Stream broker, CancellationToken cancellationToken) => Relay.RunAsync(broker, guest, lastWords: null, cancellationToken);

        public override ValueTask DisposeAsync() => guest.DisposeAsync();
    }
}
