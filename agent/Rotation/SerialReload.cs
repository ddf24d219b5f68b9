using Consoles.Agent.Inventory;
using Consoles.Agent.Libvirt;
using Consoles.Common.Inventory;
using Microsoft.Extensions.Options;

namespace Consoles.Agent.Rotation;

/// <summary>Gives a serial console in TLS its new certificate, when nobody is connected or the policy allows the cut (<see cref="RotationOptions.CutSerial"/>).</summary>
internal sealed class SerialReload(IOptions<RotationOptions> options)
{
    // As QEMU's qemu_chr_socket_address writes it; "null" is what an interrupted replacement leaves behind.
    private const string Free = "disconnected:";
    private const string Interrupted = "null";

    /// <param name="directory">Where the new files are.</param>
    /// <param name="mayCut">Whoever is connected is this agent itself, which comes back by itself.</param>
    /// <param name="verify">What a new guest would be started with, for a console that an interrupted replacement left without a certificate.</param>
    public async Task<ReloadResult> ReloadAsync(QemuMonitor monitor, ConsoleEndpoint console, string directory, bool verify, bool mayCut, CancellationToken cancellationToken)
    {
        if (console is not { Host: { } host, Port: { } port })
        {
            return ReloadResult.NeedsRestart("It has no port.");
        }

        var device = new QemuChardev(monitor, console.Name);

        try
        {
            var filename = await device.FilenameAsync(cancellationToken);
            var present = await device.CredentialsAsync(cancellationToken);

            if (present is { } known && Path.TrimEndingDirectorySeparator(known.Directory) != Path.TrimEndingDirectorySeparator(directory))
            {
                return ReloadResult.NeedsRestart($"It was started with the certificates in {Printable.Of(known.Directory, 256)}.");
            }

            if (filename is null || (!IsFree(filename) && !mayCut && !options.Value.CutSerial))
            {
                return ReloadResult.Pending("Somebody is connected to it, and would be cut off (Rotation:CutSerial).");
            }

            // Broken files are found here, while nothing has been taken away yet.
            if (await RefusalAsync(device, directory, present?.Verify ?? verify, cancellationToken) is { } refusal)
            {
                return ReloadResult.Refused(refusal);
            }

            await device.ReplaceAsync(directory, present?.Verify ?? verify, new SerialBackend(host, port, console.Telnet, console.LogFile is not null), cancellationToken);
            return ReloadResult.Done;
        }
        catch (QemuException e)
        {
            // The files are good: it is this console that cannot be given them now, and what was taken away is given back at the next look.
            return ReloadResult.Pending($"QEMU did not go on with a new certificate for it: {Printable.Of(e.Message, 512)}");
        }
    }

    private static async Task<string?> RefusalAsync(QemuChardev device, string directory, bool verify, CancellationToken cancellationToken)
    {
        try
        {
            await device.TryAsync(directory, verify, cancellationToken);
            return null;
        }
        catch (QemuException e)
        {
            return $"QEMU refused the new certificate: {Printable.Of(e.Message, 512)}";
        }
    }

    /// <summary>Whether nobody is connected, so that a look at its certificate would not wait for them.</summary>
    public static async Task<bool> IsFreeAsync(QemuMonitor monitor, ConsoleEndpoint console, CancellationToken cancellationToken) =>
        await new QemuChardev(monitor, console.Name).FilenameAsync(cancellationToken) is { } filename && IsFree(filename);

    private static bool IsFree(string filename) => filename.StartsWith(Free, StringComparison.Ordinal) || filename == Interrupted;
}
