using Microsoft.Extensions.Options;

namespace Consoles.Broker.Hosting;

/// <summary>Where options come from, and how every fault in them is found before anything starts.</summary>
internal static class SettingsSlice
{
    /// <summary>The package's settings: the service and the commands beside it read the same.</summary>
    private const string SystemFile = "/etc/consoles/broker.json";

    /// <summary>Root keys that belong to no slice: the configuration file's own name, the stock logging section, and the key of a person who attaches to a console (CONSOLES_API_KEY).</summary>
    private static readonly string[] OtherRoots = ["Config", "Logging", "API_KEY"];

    /// <summary>
    /// The file named by --Config, or else appsettings.json in the working directory, or else <see cref="SystemFile"/>; then CONSOLES_ environment variables,
    /// then the command line.
    /// Read once: options do not change while the broker runs.
    /// </summary>
    /// <exception cref="SettingsException">The file is missing or is not JSON.</exception>
    public static void AddSettings(this WebApplicationBuilder builder, string[] args)
    {
        var file = new ConfigurationBuilder().AddCommandLine(args).Build()["Config"];

        builder.Configuration.Sources.Clear();

        try
        {
            builder.Configuration.AddJsonFile(Path.GetFullPath(file ?? (File.Exists("appsettings.json") ? "appsettings.json" : SystemFile)), optional: file is null, reloadOnChange: false);
        }
        catch (Exception e) when (e is IOException or InvalidDataException or UnauthorizedAccessException)
        {
            throw new SettingsException([e is InvalidDataException ? $"Config: {e.Message} {e.GetBaseException().Message}" : $"Config: {e.Message}"]);
        }

        builder.Configuration.AddEnvironmentVariables("CONSOLES_");
        builder.Configuration.AddCommandLine(args);
    }

    /// <summary>
    /// A slice's options: bound to <paramref name="section"/>, judged by their annotations (and by IValidatableObject, for rules between options)
    /// before the broker starts. Values that must not be shown bear <see cref="SecretAttribute"/>.
    /// </summary>
    public static OptionsBuilder<T> AddValidatedOptions<T>(this WebApplicationBuilder builder, string section)
        where T : class
    {
        var configuration = builder.Configuration;
        builder.Services.AddSingleton(new SettingsRoot(section));
        builder.Services.AddSingleton<IValidateOptions<T>>(new SettingsRules<T>(section, configuration));

        return builder.Services.AddOptions<T>()
            .Configure(options => new SettingsSection(configuration.GetSection(section), typeof(T)).Sound.Bind(options))
            .ValidateOnStart();
    }

    /// <summary>The options; null where they are at fault, which is said of them and not of others that depend on them.</summary>
    public static T? Sound<T>(this IOptions<T> options)
        where T : class
    {
        try
        {
            return options.Value;
        }
        catch (OptionsValidationException)
        {
            return null;
        }
    }

    /// <exception cref="SettingsException">Something is at fault; every fault of every slice is listed.</exception>
    public static void CheckSettings(this WebApplicationBuilder builder)
    {
        // A provider of its own: making the broker's makes its server, which wants its options at once and would show the faults of its own alone.
        using var services = builder.Services.BuildServiceProvider();

        var known = services.GetServices<SettingsRoot>().Select(root => root.Section.Split(':')[0]).Concat(OtherRoots).ToHashSet(StringComparer.OrdinalIgnoreCase);

        var faults = (
            from child in builder.Configuration.GetChildren()
            where !known.Contains(child.Key)
            select $"{child.Key}: there is no such option.").ToList();

        try
        {
            services.GetService<IStartupValidator>()?.Validate();
        }
        catch (OptionsValidationException e)
        {
            faults.AddRange(e.Failures);
        }
        catch (AggregateException e) when (e.InnerExceptions.All(inner => inner is OptionsValidationException))
        {
            faults.AddRange(e.InnerExceptions.Cast<OptionsValidationException>().SelectMany(inner => inner.Failures));
        }

        if (faults.Count > 0)
        {
            throw new SettingsException([.. faults.Distinct(StringComparer.Ordinal)]);
        }
    }

    private sealed record SettingsRoot(string Section);
}
