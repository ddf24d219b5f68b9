namespace Consoles.Broker.Nova.Proxies;

/// <summary>Keeps the framework from logging requests: on this face a token stands in the query of one (CVE-2015-9543), and what a log's settings say must not show it.</summary>
internal static class TokenFreeLogs
{
    // The first logs each request with its query, and while it may log anything puts its path into the scope of what others log; the API is asked with tokens in paths.
    // The second one logs those lines of a request that cannot be read.
    private static readonly string[] Tellers = ["Microsoft.AspNetCore.Hosting.Diagnostics", "Microsoft.AspNetCore.Server.Kestrel.BadRequests"];

    public static void AddTokenFreeLogs(this WebApplicationBuilder builder) => builder.Services.PostConfigure<LoggerFilterOptions>(filters =>
    {
        // A rule for one provider comes before one for all, and a longer name before a shorter one.
        var providers = filters.Rules.Select(rule => rule.ProviderName).Append(null).Distinct(StringComparer.Ordinal).ToList();

        foreach (var teller in Tellers)
        {
            foreach (var rule in filters.Rules.Where(rule => rule.CategoryName?.StartsWith(teller, StringComparison.OrdinalIgnoreCase) == true).ToList())
            {
                filters.Rules.Remove(rule);
            }

            foreach (var provider in providers)
            {
                filters.Rules.Add(new LoggerFilterRule(provider, teller, LogLevel.None, filter: null));
            }
        }
    });
}
