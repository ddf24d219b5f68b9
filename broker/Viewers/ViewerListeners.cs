using System.Net;
using Consoles.Broker.Hosting;
using Consoles.Broker.Viewers.Serial;
using Consoles.Broker.Viewers.Spice;
using Consoles.Broker.Viewers.Vnc;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Options;

namespace Consoles.Broker.Viewers;

/// <summary>The listeners for viewers, those that are switched on, and where they really are.</summary>
internal sealed class ViewerListeners(IOptions<ViewersOptions> options, IOptions<ListenersOptions> listeners, IServiceProvider services) : IMoreListeners
{
    private readonly ListenerMark _mark = new();
    private readonly Dictionary<Type, ListenOptions> _bound = [];

    /// <summary>Where VNC viewers come in; null where they do not.</summary>
    public IPEndPoint? Vnc => Of<VncDoor>();

    /// <summary>The proxy of SPICE viewers.</summary>
    public IPEndPoint? Spice => Of<SpiceDoor>();

    /// <summary>Raw serial bytes.</summary>
    public IPEndPoint? Serial => Of<SerialDoor>();

    public IPEndPoint? Telnet => Of<TelnetDoor>();

    public IEnumerable<(string Door, IPEndPoint Address)> All =>
        from found in new[] { ("VNC", Vnc), ("SPICE", Spice), ("serial", Serial), ("telnet", Telnet) }
        where found.Item2 is not null
        select (found.Item1, found.Item2);

    public void Listen(KestrelServerOptions kestrel)
    {
        Listen<VncDoor>(options.Value.Vnc);
        Listen<SpiceDoor>(options.Value.Spice);
        Listen<SerialDoor>(options.Value.Serial);
        Listen<TelnetDoor>(options.Value.Telnet);

        void Listen<TDoor>(ViewerListenerOptions listener)
            where TDoor : Door
        {
            if (listener.Enabled)
            {
                kestrel.Listen(listener.At(listeners.Value), listen =>
                {
                    _bound[typeof(TDoor)] = listen;
                    listen.Mark(_mark);
                    services.GetRequiredService<TDoor>().Stand(listen);
                });
            }
        }
    }

    private IPEndPoint? Of<TDoor>()
        where TDoor : Door => _bound.GetValueOrDefault(typeof(TDoor))?.IPEndPoint;
}
