namespace Consoles.Common.Rfb;

internal static class RfbText
{
    /// <summary>The same text in one line, without the characters that could forge another.</summary>
    public static string ReplaceControls(this string text) =>
        string.Create(text.Length, text, static (shown, source) =>
        {
            for (var i = 0; i < shown.Length; i++)
            {
                shown[i] = char.IsControl(source[i]) || source[i] is '\u2028' or '\u2029' ? ' ' : source[i];
            }
        }).Trim();
}
