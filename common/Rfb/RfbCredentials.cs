namespace Consoles.Common.Rfb;

/// <summary>What a viewer shows of itself inside TLS. Does not print the password.</summary>
internal sealed record RfbCredentials(string User, string Password)
{
    public override string ToString() => nameof(RfbCredentials);
}
