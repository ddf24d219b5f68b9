namespace Consoles.Broker.Access;

/// <summary>A browser sends its cookie along with what other sites make it send; such a request may change nothing.</summary>
internal sealed class OwnPagesOnly : IEndpointFilter
{
    public ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var http = context.HttpContext;

        return HttpMethods.IsGet(http.Request.Method) || http.Features.Get<AccessScheme.ByHeaderMark>() is not null || SameOrigin.IsWithHeader(http.Request)
            ? next(context)
            : new(Problem.OtherOrigin.Result());
    }
}
