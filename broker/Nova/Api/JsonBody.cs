using System.Text.Json;

namespace Consoles.Broker.Nova.Api;

/// <summary>The body of a request, as JSON that can be read to its end.</summary>
internal static class JsonBody
{
    /// <param name="fault">What is said of one that cannot.</param>
    /// <exception cref="NovaFault">400: it is no JSON, or a text in it is no Unicode, or it does not come in chunks as it should.</exception>
    /// <exception cref="BadHttpRequestException">It is too large or too slow, as the status says.</exception>
    public static async Task<JsonElement> ReadAsync(HttpRequest request, string fault, CancellationToken cancellationToken)
    {
        try
        {
            using var body = await JsonDocument.ParseAsync(request.Body, cancellationToken: cancellationToken);
            Read(body.RootElement);
            return body.RootElement.Clone();
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or IOException and not BadHttpRequestException)
        {
            throw new NovaFault(400, fault);
        }
    }

    // Bytes that are no UTF-8, and halves of surrogate pairs, are found only when a text is read.
    private static void Read(JsonElement value)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.String:
                _ = value.GetString();
                break;
            case JsonValueKind.Array:
                foreach (var item in value.EnumerateArray())
                {
                    Read(item);
                }

                break;
            case JsonValueKind.Object:
                foreach (var member in value.EnumerateObject())
                {
                    _ = member.Name;
                    Read(member.Value);
                }

                break;
        }
    }
}
