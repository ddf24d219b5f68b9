using System.Globalization;
using System.Net;
using System.Runtime.InteropServices;

namespace Consoles.Agent.Relays;

/// <summary>One end of a connection on this machine (proc(5): /proc/net/tcp, /proc/net/unix).</summary>
/// <param name="Accepted">False: it waits for the process that listens to take it. Then it has no inode yet.</param>
internal sealed record TcpEnd(IPEndPoint Local, IPEndPoint Remote, bool Accepted);

/// <summary>Reads who is connected to whom on this machine.</summary>
internal static class SocketTable
{
    private const string Established = "01";
    private const string UnixConnecting = "02";
    private const string UnixConnected = "03";

    private static readonly string[] TcpTables = ["net/tcp", "net/tcp6"];

    /// <summary>The connected ends that live at an address, which for a port that is listened on are those of its clients.</summary>
    public static IReadOnlyList<TcpEnd> At(IPEndPoint local, string proc = "/proc") =>
    [
        .. TcpTables
            .Select(file => Path.Join(proc, file))
            .Where(File.Exists)
            .SelectMany(File.ReadLines)
            .Select(ParseTcp)
            .OfType<TcpEnd>()
            .Where(end => end.Local.Equals(local)),
    ];

    /// <summary>How many clients of a unix socket its listener has taken, and how many it has not.</summary>
    public static (int Accepted, int Waiting) At(string path, string proc = "/proc")
    {
        var (accepted, waiting) = (0, 0);

        foreach (var line in File.ReadLines(Path.Join(proc, "net/unix")))
        {
            // Num RefCount Protocol Flags Type St Inode Path, and a path may hold spaces.
            var fields = line.Split(' ', 8, StringSplitOptions.RemoveEmptyEntries);

            if (fields.Length == 8 && fields[7] == path)
            {
                accepted += fields[5] == UnixConnected && fields[6] != "0" ? 1 : 0;
                waiting += fields[5] == UnixConnecting ? 1 : 0;
            }
        }

        return (accepted, waiting);
    }

    /// <returns>The end, or null for what is not connected.</returns>
    internal static TcpEnd? ParseTcp(string line)
    {
        // sl local_address rem_address st tx_queue:rx_queue tr:tm->when retrnsmt uid timeout inode
        var fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);

        return fields.Length >= 10 && fields[3] == Established && Address(fields[1]) is { } local && Address(fields[2]) is { } remote
            ? new TcpEnd(local, remote, Accepted: fields[9] != "0")
            : null;
    }

    // The kernel prints each 32 bits of an address as a number in the machine's own order.
    private static IPEndPoint? Address(string text)
    {
        var colon = text.IndexOf(':', StringComparison.Ordinal);

        if (colon is not (8 or 32) || !int.TryParse(text.AsSpan(colon + 1), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var port))
        {
            return null;
        }

        Span<uint> words = stackalloc uint[colon / 8];

        for (var i = 0; i < words.Length; i++)
        {
            if (!uint.TryParse(text.AsSpan(i * 8, 8), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out words[i]))
            {
                return null;
            }
        }

        var address = new IPAddress(MemoryMarshal.AsBytes(words));
        return new IPEndPoint(address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address, port);
    }
}
