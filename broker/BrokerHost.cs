using Consoles.Broker.Access;
using Consoles.Broker.Api;
using Consoles.Broker.Authority;
using Consoles.Broker.Browser;
using Consoles.Broker.Hosting;
using Consoles.Broker.Nodes;
using Consoles.Broker.Nova;
using Consoles.Broker.Sessions;
using Consoles.Broker.Store;
using Consoles.Broker.Tokens;
using Consoles.Broker.Typing;
using Consoles.Broker.Viewers;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Consoles.Broker;

/// <summary>Puts the broker together. The slices stand in the order in which a console request meets them.</summary>
internal static class BrokerHost
{
    /// <param name="args">Configuration as command-line switches, e.g. --Listeners:People:Port=0.</param>
    /// <param name="configure">The whole test hook: a test builds the real broker and replaces what it must.</param>
    /// <exception cref="SettingsException">The configuration is at fault.</exception>
    public static WebApplication Build(string[] args, Action<WebApplicationBuilder>? configure = null)
    {
        // The content root is where the program lies: what it serves does not depend on where it was started.
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });

        builder.AddSettings(args);
        builder.AddLog();
        builder.Services.TryAddSingleton(TimeProvider.System);
        builder.AddStore();
        builder.AddAuthority();
        builder.AddNodes();
        builder.AddAccess();
        builder.AddTokens();
        builder.AddSessions();
        builder.AddTyping();
        builder.AddApi();
        builder.AddBrowser();
        builder.AddViewers();
        builder.AddNova();
        builder.AddListeners();

        configure?.Invoke(builder);
        builder.CheckSettings();

        var broker = builder.Build();

        broker.UseLog();
        broker.UseNova();
        broker.UseListeners();
        broker.MapNodes();
        broker.MapAccess();
        broker.MapSessions();
        broker.MapTyping();
        broker.MapApi();
        broker.MapBrowser();
        broker.MapViewers();

        return broker;
    }

    /// <summary>The same broker for a command that uses its slices and does not run it. It logs nothing: what a command prints is its answer.</summary>
    /// <exception cref="SettingsException">The configuration is at fault.</exception>
    public static IHost BuildForCommand(IEnumerable<string> args) => Build([.. args], builder => builder.Logging.ClearProviders());
}
