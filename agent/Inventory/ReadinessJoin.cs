using Consoles.Common.Inventory;

namespace Consoles.Agent.Inventory;

/// <summary>Adds to what the XML says of a console what the console itself said.</summary>
internal static class ReadinessJoin
{
    // The plain XML hides that there is a password; QEMU, asked, does not.
    public static ConsoleEndpoint Found(this ConsoleEndpoint console, Readiness? readiness) => readiness is null ? console : console with
    {
        Readiness = readiness,
        PasswordSet = console.PasswordSet || readiness.Security is ConsoleSecurity.Password or ConsoleSecurity.X509Password,
    };
}
