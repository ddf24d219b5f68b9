using Consoles.Broker.Hosting;
using Microsoft.Extensions.Options;

namespace Consoles.Broker.Nova.Proxies;

/// <summary>The ports of this face. People's has been Nova's first, and gives way unless it was said where people are awaited.</summary>
internal static class NovaPorts
{
    /// <summary>Where people are awaited when a listener of this face has their port.</summary>
    public const int PeopleElsewhere = 6085;

    private const string PeoplePort = "Listeners:People:Port";

    public static void AddNovaPorts(this WebApplicationBuilder builder)
    {
        var configuration = builder.Configuration;
        builder.Services.AddOptions<ListenersOptions>().PostConfigure<IOptions<NovaOptions>>((listeners, nova) => MakeWay(listeners, nova.Sound(), configuration));
        builder.Services.AddSingleton(services => new ListenerPlaces(_ => OfNova(services.GetRequiredService<IOptions<NovaOptions>>().Sound())));
    }

    public static void LogPeopleMoved(this WebApplication broker)
    {
        var people = broker.Services.GetRequiredService<IOptions<ListenersOptions>>().Value.People;

        if (people.Port == PeopleElsewhere && broker.Configuration[PeoplePort] is null)
        {
            broker.Services.GetRequiredService<ILogger<ProxyListeners>>().PeopleMoved(new PeopleListenerOptions().Port, people.Port);
        }
    }

    private static void MakeWay(ListenersOptions listeners, NovaOptions? nova, ConfigurationManager configuration)
    {
        if (configuration[PeoplePort] is null && OfNova(nova).Any(place => place.Port == listeners.People.Port))
        {
            listeners.People.Port = PeopleElsewhere;
        }
    }

    private static IEnumerable<ListenerPlace> OfNova(NovaOptions? nova)
    {
        if (nova is not { Enabled: true })
        {
            return [];
        }

        var of2011 = nova.VncProxy2011;

        return
        [
            .. At(nova.Api.Enabled, "Api:Port", nova.Api.Address, nova.Api.Port),
            .. Of("NoVnc", nova.NoVnc),
            .. Of("XvpVnc", nova.XvpVnc),
            .. Of("Spice", nova.Spice),
            .. Of("Serial", nova.Serial),
            .. Of("SpiceDirect", nova.SpiceDirect),
            .. At(of2011.Enabled, "VncProxy2011:Port", of2011.Address, of2011.Port),
            .. At(of2011 is { Enabled: true, FlashPolicy: true }, "VncProxy2011:FlashPolicyPort", of2011.Address, of2011.FlashPolicyPort),
        ];
    }

    private static IEnumerable<ListenerPlace> Of(string name, NovaProxyOptions its) => At(its.Enabled, $"{name}:Port", its.Address, its.Port);

    private static IEnumerable<ListenerPlace> At(bool isOn, string name, string? address, int port) => isOn ? [ListenerPlace.Of($"Nova:{name}", address, port)] : [];
}
