using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Consoles.Broker.Hosting;

/// <summary>The head of an HTTP/1 request on a connection that stops being HTTP after it (RFC 9112, sections 3 and 5). What two readers could read in two ways is refused.</summary>
/// <param name="Target">As it stands in the request's line.</param>
/// <param name="Headers">In order; values without the space around them.</param>
internal sealed record RequestHead(string Method, string Target, IReadOnlyList<KeyValuePair<string, string>> Headers)
{
    public const int MaxHeaders = 64;

    /// <summary>Reads a whole head.</summary>
    /// <param name="head">Its empty line included.</param>
    public static bool TryRead(ReadOnlySpan<byte> head, [NotNullWhen(true)] out RequestHead? read, [NotNullWhen(false)] out RequestFault? fault)
    {
        var lines = Encoding.Latin1.GetString(head).Split("\r\n")[..^2];
        var headers = new List<KeyValuePair<string, string>>(lines.Length);
        (read, fault) = (null, null);

        if (lines.Any(line => line.Any(c => c is (< ' ' and not '\t') or '\u007f')))
        {
            fault = new RequestFault(StatusCodes.Status400BadRequest, "The request has control characters.");
        }
        else if (lines[0].Split(' ') is not [{ Length: > 0 } method, { Length: > 0 } target, "HTTP/1.1" or "HTTP/1.0"] || !method.All(char.IsAsciiLetterOrDigit))
        {
            fault = new RequestFault(StatusCodes.Status400BadRequest, "The request's line is not METHOD TARGET HTTP/1.1.");
        }
        else if (lines.Length - 1 > MaxHeaders)
        {
            fault = new RequestFault(StatusCodes.Status431RequestHeaderFieldsTooLarge, $"The request has {lines.Length - 1} headers; {MaxHeaders} is the limit.");
        }
        else if (!lines.Skip(1).All(line => TryReadHeader(line, headers)))
        {
            fault = new RequestFault(StatusCodes.Status400BadRequest, "A header is not NAME: VALUE.");
        }
        else
        {
            read = new RequestHead(method, target, headers);
        }

        return read is not null;
    }

    /// <summary>Does not print the target nor the headers, which may have a token in them.</summary>
    public override string ToString() => nameof(RequestHead);

    private static bool TryReadHeader(string line, List<KeyValuePair<string, string>> headers)
    {
        var colon = line.IndexOf(':', StringComparison.Ordinal);

        // A line that begins with a space would go on with the one before, and is refused.
        if (colon < 1 || line.AsSpan(0, colon).ContainsAny(' ', '\t'))
        {
            return false;
        }

        headers.Add(new(line[..colon], line[(colon + 1)..].Trim(' ', '\t')));
        return true;
    }
}

/// <summary>Why a request's head is none.</summary>
/// <param name="Status">What HTTP calls that.</param>
/// <param name="Words">For whoever sent it.</param>
internal sealed record RequestFault(int Status, string Words);
