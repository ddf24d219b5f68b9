using System.Net;
using Microsoft.Extensions.Options;

namespace Consoles.Broker.Hosting;

/// <summary>Where a listener is to be, by the setting that says so.</summary>
/// <param name="Setting">Of its port, as "Listeners:People:Port".</param>
/// <param name="Address">Null where it is none, which another rule says.</param>
/// <param name="Port">0: any that is free.</param>
internal sealed record ListenerPlace(string Setting, IPAddress? Address, int Port)
{
    public static ListenerPlace Of(string setting, string? address, int port) => new(setting, IPAddress.TryParse(address, out var parsed) ? parsed : null, port);

    /// <summary>Whether the system would give it to one of them alone.</summary>
    public bool Meets(ListenerPlace other) => Port != 0 && Port == other.Port && (IsEverywhere || other.IsEverywhere || Equals(Address, other.Address));

    private bool IsEverywhere => IPAddress.Any.Equals(Address) || IPAddress.IPv6Any.Equals(Address);
}

/// <summary>The listeners of a slice, those that are switched on. Each slice with listeners registers one of these.</summary>
internal sealed record ListenerPlaces(Func<ListenersOptions, IEnumerable<ListenerPlace>> Of);

/// <summary>Keeps listeners apart: two at one port would be told by the system in words that name neither.</summary>
internal sealed class ListenersApart(IEnumerable<ListenerPlaces> more) : IValidateOptions<ListenersOptions>
{
    public ValidateOptionsResult Validate(string? name, ListenersOptions options)
    {
        List<ListenerPlace> places =
        [
            ListenerPlace.Of("Listeners:People:Port", options.People.Address, options.People.Port),
            ListenerPlace.Of("Listeners:Agents:Port", AgentsAddress(options), options.Agents.Port),
            .. more.SelectMany(slice => slice.Of(options)),
        ];

        var faults = (
            from second in places
            let first = places.TakeWhile(place => place != second).FirstOrDefault(place => place.Meets(second))
            where first is not null
            select $"{second.Setting}: {first.Setting} is {second.Port} already; give one of them another port.").ToList();

        return faults.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(faults);
    }

    private static string? AgentsAddress(ListenersOptions options) =>
        options.Agents.Address ?? (IPAddress.TryParse(options.People.Address, out _) ? options.AgentsAddress.ToString() : null);
}
