using System.Buffers;
using System.IO.Pipelines;
using Consoles.Broker.Hosting;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.WebUtilities;

namespace Consoles.Broker.Nova.Proxies;

/// <summary>The head of a request on a connection that stops being HTTP after it.</summary>
/// <param name="Target">As it stands in the request's line.</param>
/// <param name="ForwardedFor">What forwarders say of whom they had it from.</param>
internal sealed record RawRequest(string Method, string Target, IReadOnlyList<string> ForwardedFor)
{
    private const int MaxBytes = 16 * 1024;

    /// <summary>The token of the query; null when there is none.</summary>
    public string? Token => Target.IndexOf('?', StringComparison.Ordinal) is >= 0 and var query
        && QueryHelpers.ParseQuery(Target[query..].Split('#')[0]).TryGetValue("token", out var values) ? ProxyToken.LastOf(values) : null;

    /// <summary>Does not print the target, which has a token in it.</summary>
    public override string ToString() => nameof(RawRequest);

    /// <summary>Reads a head, and nothing of what follows it.</summary>
    /// <returns>The request, or the status that its sender is to be told; neither when nobody is there any more.</returns>
    public static async Task<(RawRequest? Request, int? Fault)> ReadAsync(PipeReader input, CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                var read = await input.ReadAsync(cancellationToken);
                var buffer = read.Buffer.Slice(0, Math.Min(read.Buffer.Length, MaxBytes + 1));

                if (EndOf(buffer) is { } end)
                {
                    var head = buffer.Slice(0, end).ToArray();
                    input.AdvanceTo(buffer.GetPosition(end));
                    return RequestHead.TryRead(head, out var request, out var fault) ? (Of(request), null) : (null, fault.Status);
                }

                input.AdvanceTo(buffer.Start, read.Buffer.End);

                if (buffer.Length > MaxBytes)
                {
                    return (null, StatusCodes.Status431RequestHeaderFieldsTooLarge);
                }

                if (read.IsCompleted || read.IsCanceled)
                {
                    return (null, null);
                }
            }
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or ConnectionAbortedException or InvalidOperationException)
        {
            return (null, null);
        }
    }

    /// <summary>How long the head is with its empty line; null while that has not come.</summary>
    private static long? EndOf(in ReadOnlySequence<byte> buffer)
    {
        var reader = new SequenceReader<byte>(buffer);
        return reader.TryReadTo(out ReadOnlySequence<byte> _, "\r\n\r\n"u8) ? reader.Consumed : null;
    }

    private static RawRequest Of(RequestHead head) => new(
        head.Method,
        head.Target,
        [
            .. head.Headers.Where(header => header.Key.Equals(Forwarders.Header, StringComparison.OrdinalIgnoreCase))
                .SelectMany(header => header.Value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)),
        ]);
}
