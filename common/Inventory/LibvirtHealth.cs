namespace Consoles.Common.Inventory;

/// <summary>Whether the agent has its node's libvirt. While it has not, what it reports is what it last knew.</summary>
/// <param name="Reason">In words, for a person; null while connected.</param>
/// <param name="Since">When it became so.</param>
public sealed record LibvirtHealth(bool Connected, string? Reason, DateTimeOffset Since);
