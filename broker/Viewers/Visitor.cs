using System.Collections.Concurrent;
using System.ComponentModel;
using System.Net;
using System.Net.Security;
using Consoles.Broker.Hosting;
using Consoles.Broker.Sessions;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;

namespace Consoles.Broker.Viewers;

/// <summary>A viewer of somebody's own, from the moment that it connected.</summary>
internal sealed class Visitor(ConnectionContext connection, ConnectionStream stream, TimeSpan stageLimit, TimeSpan closeLimit, TimeProvider clock)
{
    // TLS in TLS: the inner one is for the viewer, the outer one its proxy's.
    private readonly ConcurrentStack<SslStream> _tls = new();
    private int _left;

    private readonly CancellationToken _stopping =
        connection.Features.Get<IConnectionLifetimeNotificationFeature>()?.ConnectionClosedRequested ?? connection.ConnectionClosed;

    public Stream Stream => stream;

    public IPAddress? Remote => (connection.RemoteEndPoint as IPEndPoint)?.Address;

    public bool IsOfThisMachine => Remote is { } remote && IPAddress.IsLoopback(remote);

    /// <summary>One step of what comes before the token is shown, within its time.</summary>
    /// <exception cref="OperationCanceledException">It took too long, or the broker is being stopped.</exception>
    public async Task<T> StageAsync<T>(Func<CancellationToken, Task<T>> step)
    {
        using var limit = new CancellationTokenSource(stageLimit, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, _stopping);
        return await step(either.Token);
    }

    /// <inheritdoc cref="StageAsync{T}"/>
    public Task StageAsync(Func<CancellationToken, Task> step) => StageAsync(async token =>
    {
        await step(token);
        return true;
    });

    /// <summary>TLS with the viewer, as one step.</summary>
    public async Task<Stream> SecureAsync(ViewerCertificate certificate) => await StageAsync(token => SecureAsync(certificate, Stream, token));

    /// <inheritdoc cref="SecureAsync(ViewerCertificate)"/>
    public async Task<Stream> SecureAsync(ViewerCertificate certificate, Stream plain, CancellationToken cancellationToken)
    {
        var secured = await certificate.SecureAsync(plain, cancellationToken);
        _tls.Push(secured);

        // Whoever leaves lets go of what is there then, which this may have missed.
        if (Volatile.Read(ref _left) != 0)
        {
            await secured.DisposeAsync();
            throw new IOException("The viewer's connection was ended while it agreed on TLS.");
        }

        return secured;
    }

    /// <summary>The token was good: from now on the session counts, and not the visitor.</summary>
    public void Admit() => WaitingRoom.Release(connection);

    /// <summary>The connection as a session's channel.</summary>
    /// <param name="secured">What is left of it to the session, inside TLS.</param>
    public RawChannel ChannelOf(Stream secured) => new(secured, Leave, closeLimit, clock);

    /// <summary>Ends the connection. What was written still goes out, for as long as closing may take.</summary>
    public void Leave()
    {
        if (Interlocked.Exchange(ref _left, 1) == 0)
        {
            _ = LeaveAsync();
        }
    }

    private async Task LeaveAsync()
    {
        try
        {
            foreach (var tls in _tls)
            {
                // Without it some viewers speak of an attack.
                await tls.ShutdownAsync().WaitAsync(closeLimit, clock);
            }
        }
        catch (Exception e) when (e is IOException or TimeoutException or ObjectDisposedException or InvalidOperationException or NotSupportedException or Win32Exception)
        {
            // It is gone, or does not read.
        }

        stream.Leave(closeLimit, clock);

        foreach (var tls in _tls)
        {
            await tls.DisposeAsync();
        }
    }
}
