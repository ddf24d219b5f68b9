using System.Text.Json;
using Consoles.Agent.Inventory;
using Consoles.Agent.Libvirt;
using Consoles.Common.Inventory;
using Consoles.Common.Serial;
using Microsoft.Extensions.Options;

namespace Consoles.Agent.Relays;

/// <summary>Opens the one connection to a serial console, whichever kind it is.</summary>
internal sealed class SerialConsoles(
    IOptions<LibvirtOptions> libvirt, LibvirtAccess access, PresentRun runs, SerialTls tls, TimeProvider clock)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(6);

    private readonly LibvirtOpenings _openings = new();

    /// <returns>Why no viewer can be served on that console, or null when one can.</returns>
    public static string? Refusal(ConsoleEndpoint console) => console switch
    {
        { Kind: not ConsoleKind.Serial } => "That console is not a serial one.",
        { Connects: true } => "QEMU itself connects this console to somewhere else, so nobody can be connected to it.",
        { Transport: ConsoleTransport.None } => "That console cannot be opened from outside.",
        _ => null,
    };

    /// <exception cref="SerialException">It cannot be opened; the message says why, for the viewer.</exception>
    public async Task<SerialAttachment> AttachAsync(Incarnation run, ConsoleEndpoint console, bool force, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(Limit, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);

        try
        {
            return await AttachWithinAsync(run, console, force, either.Token);
        }
        catch (OperationCanceledException late) when (!cancellationToken.IsCancellationRequested)
        {
            throw new SerialException("The console did not open in time.", inner: late);
        }
    }

    private async Task<SerialAttachment> AttachWithinAsync(Incarnation run, ConsoleEndpoint console, bool force, CancellationToken cancellationToken)
    {
        var attachment = await OpenAsync(run, console, force, cancellationToken);

        try
        {
            return await runs.IsPresentAsync(run, cancellationToken) ? attachment : throw new SerialException("That run of the domain is over.");
        }
        catch (Exception fault)
        {
            await attachment.DisposeAsync();
            throw fault is LibvirtException ? new SerialException("libvirt is not connected at the moment.", inner: fault) : fault;
        }
    }

    private async Task<SerialAttachment> OpenAsync(Incarnation run, ConsoleEndpoint console, bool force, CancellationToken cancellationToken)
    {
        if (Refusal(console) is { } refusal)
        {
            throw new SerialException(refusal);
        }

        if (console.Transport == ConsoleTransport.Pty)
        {
            return await OpenPtyAsync(run.Domain, console, force, cancellationToken);
        }

        var stream = await SerialSocket.ConnectAsync(console, clock, cancellationToken);

        if (console.Tls)
        {
            try
            {
                stream = await tls.SecureAsync(stream, run, console, cancellationToken);
            }
            catch
            {
                await stream.DisposeAsync();
                throw;
            }
        }

        // QEMU does not double an IAC that a guest sends (chardev/char-socket.c); it undoubles those that we send.
        return console.Telnet ? new TelnetAttachment(stream, peerEscapes: false) : new StreamAttachment(stream, cancel => SendBreakAsync(run.Domain, console.Name, cancel));
    }

    private async Task<SerialAttachment> OpenPtyAsync(DomainId domain, ConsoleEndpoint console, bool force, CancellationToken cancellationToken)
    {
        try
        {
            return new PtyAttachment(
                await LibvirtConsole.OpenAsync(_openings, libvirt.Value, domain, console, force, clock, cancellationToken), cancel => SendBreakAsync(domain, console.Name, cancel));
        }
        catch (LibvirtException held) when (held.Code == LibvirtException.OperationFailed && !force)
        {
            throw new SerialException("Somebody on the node has this console open, such as with virsh console.", held: true, held) { Holder = "a client of libvirt" };
        }
        catch (LibvirtException fault)
        {
            throw new SerialException($"libvirt did not open the console: {fault.Message}", inner: fault);
        }
    }

    private async Task SendBreakAsync(DomainId domain, string console, CancellationToken cancellationToken)
    {
        try
        {
            // libvirt calls a character device after its alias.
            var answer = await access.Connection.CommandQemuAsync(
                domain, $$$"""{"execute":"chardev-send-break","arguments":{"id":"{{{JsonEncodedText.Encode($"char{console}")}}}"}}""", cancellationToken);

            if (answer.Contains("\"error\"", StringComparison.Ordinal))
            {
                throw new SerialException("A break was not sent: QEMU refused it.");
            }
        }
        catch (Exception fault) when (fault is LibvirtException or DllNotFoundException)
        {
            throw new SerialException("A break was not sent: libvirt did not pass it on.", inner: fault);
        }
    }
}
