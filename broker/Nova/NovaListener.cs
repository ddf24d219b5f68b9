using System.Net;
using Consoles.Broker.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Consoles.Broker.Nova;

/// <summary>One listener of this face. What comes in by it reaches the pipeline of this face alone.</summary>
internal sealed class NovaListener
{
    private readonly ListenerMark _mark = new();
    private ListenOptions? _listen;

    /// <summary>Where it really listens, once the broker has started: port 0 has become a port.</summary>
    /// <exception cref="InvalidOperationException">It does not listen.</exception>
    public IPEndPoint EndPoint => _listen?.IPEndPoint ?? throw new InvalidOperationException("This listener is switched off, or the broker has not started.");

    public bool IsOn => _listen is not null;

    public void Listen(KestrelServerOptions kestrel, string address, int port, Action<ListenOptions>? configure = null) =>
        kestrel.Listen(IPAddress.Parse(address), port, listen =>
        {
            _listen = listen;
            listen.Mark(_mark);
            configure?.Invoke(listen);
        });

    /// <summary>Whether a request came in by this listener.</summary>
    public bool Brought(HttpContext context) => ReferenceEquals(ListenerMark.Of(context), _mark);
}
