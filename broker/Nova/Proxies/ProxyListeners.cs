using Consoles.Broker.Hosting;
using Consoles.Common.Inventory;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Options;

namespace Consoles.Broker.Nova.Proxies;

/// <summary>The listeners of Nova's proxies, each with its own switch, TLS and plain connections on one port.</summary>
internal sealed class ProxyListeners(
    IOptions<NovaOptions> options,
    NovaTls tls,
    WaitingClients waiting,
    XvpProxy xvp,
    SpiceDirectProxy direct,
    VncProxy2011 of2011,
    FlashPolicy flash,
    TimeProvider clock,
    ILogger<ProxyListeners> logger) : IMoreListeners, IHostedService
{
    /// <summary>How long a client may take for each step before its session: its first byte, TLS, its request.</summary>
    public static readonly TimeSpan StepLimit = TimeSpan.FromSeconds(10);

    private readonly List<WebProxy> _web = [];
    private readonly List<(string Name, NovaListener Listener)> _all = [];

    public NovaListener NoVnc { get; } = new();

    public NovaListener Spice { get; } = new();

    public NovaListener Serial { get; } = new();

    public NovaListener XvpVnc { get; } = new();

    public NovaListener SpiceDirect { get; } = new();

    public NovaListener Flash { get; } = new();

    public NovaListener Of2011 { get; } = new();

    /// <summary>The proxy that a request came in by; null when it came in by none of these.</summary>
    public WebProxy? Of(HttpContext context) => _web.Find(proxy => proxy.Listener.Brought(context));

    public void Listen(KestrelServerOptions kestrel)
    {
        if (!options.Value.Enabled)
        {
            return;
        }

        var nova = options.Value;

        if (nova.SslMinimumVersion == NovaTlsFloor.TlsV1_1)
        {
            logger.NoTls11();
        }

        Web(kestrel, "nova-novncproxy", NoVnc, nova.NoVnc, ConsoleKind.Vnc, () => ViewerPages.NoVnc(nova.NoVnc.Web));
        Web(kestrel, "nova-spicehtml5proxy", Spice, nova.Spice, ConsoleKind.Spice, () => ViewerPages.Spice(nova.Spice.Web));
        Web(kestrel, "nova-serialproxy", Serial, nova.Serial, ConsoleKind.Serial, pages: null);

        Raw(kestrel, XvpVnc, nova.XvpVnc, xvp);
        Raw(kestrel, SpiceDirect, nova.SpiceDirect, direct);

        if (nova.VncProxy2011.Enabled)
        {
            Listen(kestrel, VncProxy2011.Name, Of2011, nova.VncProxy2011.Address, nova.VncProxy2011.Port);
        }

        if (nova.VncProxy2011 is { Enabled: true, FlashPolicy: true })
        {
            Listen(kestrel, FlashPolicy.Name, Flash, nova.VncProxy2011.Address, nova.VncProxy2011.FlashPolicyPort, secured: false, flash.ServeAsync);
        }
    }

    /// <summary>Reads what is served before anything listens. Not sooner: a command has these slices too, and none of that.</summary>
    /// <exception cref="StartException">Something of it cannot be used; the message says why.</exception>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        _web.ForEach(proxy => _ = proxy.Pages?.Value);

        if (Of2011.IsOn)
        {
            of2011.ReadPages();
        }

        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void LogListening()
    {
        foreach (var (name, listener) in _all)
        {
            logger.ProxyListens(name, listener.EndPoint);
        }
    }

    private void Web(KestrelServerOptions kestrel, string name, NovaListener listener, NovaProxyOptions its, ConsoleKind kind, Func<WebRoot>? pages)
    {
        if (its.Enabled)
        {
            _web.Add(new WebProxy(name, kind, listener, new Uri(its.BaseUrl), pages is null ? null : new Lazy<WebRoot>(pages)));
            Listen(kestrel, name, listener, its.Address, its.Port);
        }
    }

    private void Raw(KestrelServerOptions kestrel, NovaListener listener, NovaProxyOptions its, RawProxy proxy)
    {
        if (its.Enabled)
        {
            Listen(kestrel, proxy.Name, listener, its.Address, its.Port, secured: true, proxy.ServeAsync);
        }
    }

    /// <param name="serve">What speaks on its connections; null: HTTP.</param>
    private void Listen(KestrelServerOptions kestrel, string name, NovaListener listener, string address, int port, bool secured = true, ConnectionDelegate? serve = null)
    {
        _all.Add((name, listener));

        // On [::] both are awaited.
        var everywhere = options.Value.SourceIsIpv6 && address == "0.0.0.0" ? "::" : address;
        listener.Listen(kestrel, everywhere, port, listen =>
        {
            waiting.Watch(listen);

            if (secured)
            {
                listen.UseTlsAndPlain(tls.ForListeners(), options.Value.SslOnly, StepLimit);
            }

            if (serve is null)
            {
                IdleClient.Watch(listen, StepLimit, clock);
            }
            else
            {
                listen.Use(_ => serve);
            }
        });
    }
}
