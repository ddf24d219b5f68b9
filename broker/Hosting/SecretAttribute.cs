namespace Consoles.Broker.Hosting;

/// <summary>Marks an option whose value is never shown, not even when it is at fault.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class SecretAttribute : Attribute;
