using Consoles.Broker.Hosting;

namespace Consoles.Broker.Sessions;

internal static class SessionsSlice
{
    public static void AddSessions(this WebApplicationBuilder builder)
    {
        builder.AddValidatedOptions<SessionOptions>("Sessions");
        builder.AddGuests();
        builder.Services.AddSingleton<ConnectionTickets>();
        builder.Services.AddSingleton<GuestFate>();
        builder.Services.AddSingleton<FurtherChannelRun>();
        builder.Services.AddSingleton<SessionRegistry>();
        builder.Services.AddSingleton<SessionRun>();
        builder.Services.AddSingleton<ViewerCookie>();
        builder.Services.AddHostedService<SessionWatch>();
    }

    public static void MapSessions(this WebApplication broker)
    {
        broker.MapRedeem();
        broker.MapChannel();
    }
}
