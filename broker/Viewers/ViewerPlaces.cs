using System.Net;
using Consoles.Broker.Hosting;
using Microsoft.Extensions.Options;

namespace Consoles.Broker.Viewers;

/// <summary>Rules about where viewers come in, which depend on where people do.</summary>
internal static class ViewerPlaces
{
    public static void AddViewerPlaces(this WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton(services => new ListenerPlaces(listeners => Of(services.GetRequiredService<IOptions<ViewersOptions>>().Sound(), listeners)));
        builder.Services.AddSingleton<IValidateOptions<ListenersOptions>, NotInClear>();
    }

    private static IEnumerable<ListenerPlace> Of(ViewersOptions? viewers, ListenersOptions listeners) =>
        from listener in new (string Name, ViewerListenerOptions? Its)[] { ("Vnc", viewers?.Vnc), ("Spice", viewers?.Spice), ("Serial", viewers?.Serial), ("Telnet", viewers?.Telnet) }
        where listener.Its?.Enabled == true
        select ListenerPlace.Of($"Viewers:{listener.Name}:Port", listener.Its.Address ?? listeners.People.Address, listener.Its.Port);

    /// <summary>Over a network, nothing but TLS with the proxy itself keeps who reads along from taking over a console whose TLS ends at QEMU.</summary>
    private sealed class NotInClear(IOptions<ViewersOptions> options) : IValidateOptions<ListenersOptions>
    {
        public ValidateOptionsResult Validate(string? name, ListenersOptions listeners) =>
            options.Sound()?.Spice is { Enabled: true, Tls: SpiceTlsEnd.Qemu, Scheme: ListenerScheme.Http } spice
            && IPAddress.TryParse(spice.Address ?? listeners.People.Address, out var address)
            && !IPAddress.IsLoopback(address)
                ? ValidateOptionsResult.Fail(
                    $"Viewers:Spice:Scheme: with Viewers:Spice:Tls=Qemu, plain http is for loopback alone, and the address is {address}; who reads a token on its way could take the console over. Set Scheme to https.")
                : ValidateOptionsResult.Success;
    }
}
