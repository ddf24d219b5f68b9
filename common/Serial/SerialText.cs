using System.Text;
using System.Text.Json;

namespace Consoles.Common.Serial;

/// <summary>The payloads of frames that are text.</summary>
internal static class SerialText
{
    // Reasons are sentences; a name is a user's.
    private const int MaxReason = 1024;
    private const int MaxName = 128;

    public static byte[] State(SerialState state) => Json(json =>
    {
        json.WriteBoolean("attached", state.Attached);

        if (state.Reason is not null)
        {
            json.WriteString("reason", Cut(state.Reason, MaxReason));
        }
    });

    public static byte[] Writer(SerialViewer? writer, bool you) => Json(json =>
    {
        json.WriteBoolean("you", you);
        json.WriteString("writer", writer is null ? null : Cut(writer.Name, MaxName));
    });

    public static byte[] Notice(string sentence) => Encoding.UTF8.GetBytes(Cut(sentence, MaxReason));

    private static string Cut(string text, int limit) => text.Length <= limit ? text : $"{text.AsSpan(0, limit)}…";

    private static byte[] Json(Action<Utf8JsonWriter> write)
    {
        using var text = new MemoryStream();

        using (var json = new Utf8JsonWriter(text))
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        }

        return text.ToArray();
    }
}
