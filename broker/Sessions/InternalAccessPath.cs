using System.Text;

namespace Consoles.Broker.Sessions;

/// <summary>Asks what stands before a console for it by a path, as Nova does: CONNECT PATH, and from the answer on it is the console's own bytes.</summary>
internal static class InternalAccessPath
{
    private const int MaxAnswer = 4096;

    /// <exception cref="GuestException">It did not say 200.</exception>
    public static async Task AskAsync(Stream stream, string path, CancellationToken cancellationToken)
    {
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"CONNECT {path} HTTP/1.1\r\n\r\n"), cancellationToken);
        var answer = new byte[MaxAnswer];
        var length = 0;

        // Byte by byte: what follows the answer, in the same segment maybe, is the console's.
        while (!answer.AsSpan(0, length).EndsWith("\r\n\r\n"u8))
        {
            if (length == MaxAnswer || await stream.ReadAsync(answer.AsMemory(length, 1), cancellationToken) == 0)
            {
                throw new GuestException(GuestFailure.Protocol, "What stands before the console did not answer as a proxy does.");
            }

            length++;
        }

        if (Encoding.ASCII.GetString(answer, 0, length).Split("\r\n")[0].Split(' ') is not [['H', 'T', 'T', 'P', '/', '1', '.', _], "200", ..])
        {
            throw new GuestException(GuestFailure.Unreachable, "What stands before the console refused to open it.");
        }
    }
}
