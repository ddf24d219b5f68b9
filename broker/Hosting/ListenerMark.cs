namespace Consoles.Broker.Hosting;

/// <summary>Which listener a connection came in by; a feature of the connection.</summary>
internal sealed class ListenerMark
{
    public static readonly ListenerMark People = new();

    public static readonly ListenerMark Agents = new();

    public static ListenerMark? Of(HttpContext context) => context.Features.Get<ListenerMark>();
}

/// <summary>Marks an endpoint as one for agents. All others are for people.</summary>
internal sealed class ForAgents
{
    public static readonly ForAgents Mark = new();

    private ForAgents()
    {
    }
}

internal static class ListenerRouting
{
    public static TBuilder ForAgentsOnly<TBuilder>(this TBuilder routes)
        where TBuilder : IEndpointConventionBuilder => routes.WithMetadata(ForAgents.Mark);

    /// <summary>A route answers on its own listener; on the other there is no such thing.</summary>
    public static void UseListenerRouting(this WebApplication broker) => broker.Use((context, next) =>
    {
        var agents = ReferenceEquals(context.Features.Get<ListenerMark>(), ListenerMark.Agents);
        var forAgents = context.GetEndpoint()?.Metadata.GetMetadata<ForAgents>() is not null;

        if (agents == forAgents)
        {
            return next(context);
        }

        context.Response.StatusCode = StatusCodes.Status404NotFound;
        return Task.CompletedTask;
    });
}
