namespace Consoles.Broker.Nova.Proxies;

/// <summary>Where the viewers' pages come from: the directory that is named, or else the distribution's, or else those that are part of this program.</summary>
internal static class ViewerPages
{
    /// <summary>In the place of a directory: the pages of this program, whatever the distribution has.</summary>
    public const string BuiltIn = "builtin";

    private const string NoVncDirectory = "/usr/share/novnc";
    private const string SpiceDirectory = "/usr/share/spice-html5";

    public static WebRoot NoVnc(string? web) =>
        Named(web, "Nova:NoVnc:Web", NoVncDirectory, "vnc.html")?.Preferring("/vnc_lite.html", "/vnc.html", over: "/vnc_auto.html") ?? WebRoot.OfProgram(
            ("nova/novnc/", "/"), ("nova/novnc/vnc_auto.html", "/vnc.html"), ("nova/novnc/vnc_auto.html", "/vnc_lite.html"), ("browser/novnc/", "/"));

    public static WebRoot Spice(string? web) =>
        Named(web, "Nova:Spice:Web", SpiceDirectory, "spice_auto.html") ?? WebRoot.OfProgram(("nova/spice-html5/", "/"), ("browser/spice-html5/", "/"));

    private static WebRoot? Named(string? web, string setting, string ofDistribution, string page) =>
        web == BuiltIn ? null
        : !string.IsNullOrEmpty(web) ? WebRoot.OfDirectory(web, setting)
        : File.Exists(Path.Combine(ofDistribution, page)) ? WebRoot.OfDirectory(ofDistribution, setting)
        : null;
}
