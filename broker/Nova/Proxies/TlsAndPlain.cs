using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;

namespace Consoles.Broker.Nova.Proxies;

/// <summary>TLS and plain connections on one port, told apart by their first byte, as Nova's proxies do it.</summary>
internal static class TlsAndPlain
{
    // RFC 8446, section 5.1: a connection with TLS begins with a handshake record. No HTTP method begins with this byte.
    private const byte HandshakeRecord = 0x16;

    /// <param name="sslOnly">A connection without TLS is closed without a word.</param>
    /// <param name="limit">How long a connection may take for its first byte, for its TLS handshake, and for its first byte after that: each of them.</param>
    public static void UseTlsAndPlain(this ListenOptions listen, TlsHandshakeCallbackOptions tls, bool sslOnly, TimeSpan limit)
    {
        ConnectionDelegate? behindTls = null;

        listen.Use(withTls => async connection =>
        {
            switch (await FirstByteAsync(connection, limit))
            {
                case HandshakeRecord:
                    await withTls(connection);
                    break;

                case not null when !sslOnly:
                    await behindTls!(connection);
                    break;

                default:
                    // Nobody said anything, or said it in clear where that is not wanted.
                    break;
            }
        });

        tls.HandshakeTimeout = limit;
        listen.UseHttps(tls);
        listen.Use(next => behindTls = next);

        // After the handshake a client could be silent again. To one without TLS this makes no difference: its byte is there.
        listen.UseFirstByteLimit(limit);
    }

    /// <summary>Closes a connection that says nothing. Kestrel would await its first request as long as the next one of another.</summary>
    public static void UseFirstByteLimit(this ListenOptions listen, TimeSpan limit) => listen.Use(next => async connection =>
    {
        if (await FirstByteAsync(connection, limit) is not null)
        {
            await next(connection);
        }
    });

    /// <summary>The first byte, which stays where it is; null when none came in time.</summary>
    private static async Task<byte?> FirstByteAsync(ConnectionContext connection, TimeSpan limit)
    {
        // The end of the connection is the end of what is read: a client that has said all it has to say may have closed its side already.
        using var late = new CancellationTokenSource(limit);
        var input = connection.Transport.Input;

        try
        {
            var read = await input.ReadAsync(late.Token);
            byte? first = read.Buffer.IsEmpty ? null : read.Buffer.FirstSpan[0];

            // Nothing is examined, so whoever reads next is given it at once.
            input.AdvanceTo(read.Buffer.Start);
            return first;
        }
        catch (Exception end) when (end is OperationCanceledException or IOException or ConnectionAbortedException)
        {
            return null;
        }
    }
}
