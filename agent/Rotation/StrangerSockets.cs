using System.ComponentModel;
using System.Diagnostics;
using System.Net;
using Consoles.Agent.Libvirt;

namespace Consoles.Agent.Rotation;

/// <summary>Ends connections to a port of this node, whoever made them (ss -K of iproute2; sock_diag(7), SOCK_DESTROY).</summary>
internal static class StrangerSockets
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(1);

    /// <summary>Where the kernel cannot, or ss is missing, nothing happens: whoever asked looks whether they are gone.</summary>
    /// <param name="port">The port of this node that they are connected to.</param>
    public static async Task EndAsync(int port, IEnumerable<VncClient> clients, CancellationToken cancellationToken)
    {
        var peers = string.Join(" or ", clients.Select(client => $"dst {Address(client.From)}"));
        var start = new ProcessStartInfo("ss", ["-K", "-H", "-n", "-t", "state", "all", $"sport = :{port} and ( {peers} )"])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };

        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Limit);

        try
        {
            using var ss = Process.Start(start);

            if (ss is not null)
            {
                // What it ended, it lists.
                await Task.WhenAll(ss.StandardOutput.ReadToEndAsync(limit.Token), ss.StandardError.ReadToEndAsync(limit.Token));
                await ss.WaitForExitAsync(limit.Token);
            }
        }
        catch (Exception e) when (e is Win32Exception || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            // There is no ss, or it hangs.
        }
    }

    private static string Address(VncListener peer) =>
        IPAddress.TryParse(peer.Host, out var address) && address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6 ? $"[{peer.Host}]:{peer.Service}" : $"{peer.Host}:{peer.Service}";
}
