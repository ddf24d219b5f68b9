using System.ComponentModel.DataAnnotations;
using System.Reflection;
using Microsoft.Extensions.Options;

namespace Consoles.Broker.Hosting;

/// <summary>Judges one options class: what configuration could not give it, then its annotations, at any depth.</summary>
internal sealed class SettingsRules<T>(string section, IConfiguration configuration) : IValidateOptions<T>
    where T : class
{
    public ValidateOptionsResult Validate(string? name, T options)
    {
        List<string> faults = [.. new SettingsSection(configuration.GetSection(section), typeof(T)).Faults, .. Check(options, section)];
        return faults.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(faults);
    }

    private static IEnumerable<string> Check(object options, string path)
    {
        foreach (var property in options.GetType().GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(property => property.CanWrite))
        {
            var value = property.GetValue(options);
            var here = $"{path}:{property.Name}";
            var context = new ValidationContext(options) { MemberName = property.Name, DisplayName = here };

            foreach (var rule in property.GetCustomAttributes<ValidationAttribute>())
            {
                if (rule.GetValidationResult(value, context) is { } fault)
                {
                    var secret = property.IsDefined(typeof(SecretAttribute));
                    yield return $"{fault.ErrorMessage} {SettingsSection.Found(value, secret)}";
                }
            }

            if (value is not null && value.GetType().Namespace?.StartsWith(nameof(Consoles), StringComparison.Ordinal) == true && value.GetType().IsClass)
            {
                foreach (var fault in Check(value, here))
                {
                    yield return fault;
                }
            }
        }

        // Rules between options. Their messages name the values themselves.
        foreach (var fault in (options as IValidatableObject)?.Validate(new ValidationContext(options)) ?? [])
        {
            yield return $"{string.Join(", ", fault.MemberNames.DefaultIfEmpty("").Select(member => $"{path}:{member}".TrimEnd(':')))}: {fault.ErrorMessage}";
        }
    }
}
