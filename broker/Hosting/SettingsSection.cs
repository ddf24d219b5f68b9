using System.Collections;
using System.ComponentModel;
using System.Reflection;

namespace Consoles.Broker.Hosting;

/// <summary>What configuration says for one options class, sorted into what can be bound and what is at fault.</summary>
/// <remarks>The stock binder stops at the first value it cannot convert, and passes over names that do not exist.</remarks>
internal sealed class SettingsSection
{
    private const BindingFlags Named = BindingFlags.Public | BindingFlags.Instance | BindingFlags.IgnoreCase;

    private readonly Dictionary<string, string?> _sound = new(StringComparer.OrdinalIgnoreCase);
    private readonly List<string> _faults = [];

    public SettingsSection(IConfigurationSection section, Type options)
    {
        Read(section, options);
        Sound = new ConfigurationBuilder().AddInMemoryCollection(_sound).Build().GetSection(section.Path);
    }

    /// <summary>The part that can be bound.</summary>
    public IConfiguration Sound { get; }

    public IReadOnlyList<string> Faults => _faults;

    private void Read(IConfigurationSection section, Type type)
    {
        foreach (var child in section.GetChildren())
        {
            if (type.GetProperty(child.Key, Named) is not { } property)
            {
                // What stands under an unknown name may be a secret under a misspelt one.
                _faults.Add($"{child.Path}: there is no such option.");
            }
            else
            {
                ReadValue(child, property.PropertyType, secret: property.IsDefined(typeof(SecretAttribute)));
            }
        }
    }

    private void ReadValue(IConfigurationSection found, Type wanted, bool secret)
    {
        if (Element(wanted) is { } element)
        {
            foreach (var item in found.GetChildren())
            {
                ReadValue(item, element, secret);
            }

            if (!string.IsNullOrEmpty(found.Value))
            {
                _faults.Add($"{found.Path}: expected a list ({found.Path}:0, {found.Path}:1, ...). {Found(found.Value, secret)}");
            }
        }
        else if (TypeDescriptor.GetConverter(wanted) is var converter && !converter.CanConvertFrom(typeof(string)))
        {
            Read(found, wanted);
        }
        else if (Converts(converter, found.Value))
        {
            _sound[found.Path] = found.Value;
        }
        else
        {
            _faults.Add($"{found.Path}: expected {Describe(Nullable.GetUnderlyingType(wanted) ?? wanted)}. {Found(found.Value, secret)}");
        }
    }

    internal static string Found(object? value, bool secret) => value switch
    {
        null or "" => "Found: nothing.",
        _ when secret => "Found: a value that is not shown.",
        _ => $"Found: {value}.",
    };

    private static bool Converts(TypeConverter converter, string? value)
    {
        if (value is null)
        {
            return false;
        }

        try
        {
            converter.ConvertFromInvariantString(value);
            return true;
        }
        catch (Exception e) when (e is ArgumentException or FormatException or OverflowException or NotSupportedException)
        {
            // The base converters wrap what Parse threw in an ArgumentException.
            return false;
        }
    }

    private static Type? Element(Type type) =>
        type == typeof(string) || !typeof(IEnumerable).IsAssignableFrom(type) ? null
        : type.IsArray ? type.GetElementType()
        : type.GetGenericArguments()[0];

    private static string Describe(Type type) =>
        type.IsEnum ? "one of " + string.Join(", ", Enum.GetNames(type).Select(name => name.ToLowerInvariant()))
        : type == typeof(bool) ? "true or false"
        : type == typeof(TimeSpan) ? "a time such as 00:01:30"
        : type == typeof(int) || type == typeof(long) ? "a whole number"
        : $"a {type.Name}";
}
