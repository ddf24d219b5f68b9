using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using Consoles.Common.Inventory;

namespace Consoles.Broker.Api;

/// <summary>A place in the list of domains, which is ordered by name. Domains that come and go meanwhile do not shift the pages.</summary>
internal sealed record DomainCursor(string Name, DomainId Id, string Node)
{
    private const char Separator = '\n';

    public static bool TryParse(string text, [NotNullWhen(true)] out DomainCursor? cursor)
    {
        cursor = null;

        if (Base64Url.IsValid(text)
            && Encoding.UTF8.GetString(Base64Url.DecodeFromChars(text)).Split(Separator) is [.. var name, var id, var node]
            && name.Length > 0
            && DomainId.TryParse(id, null, out var domain))
        {
            cursor = new DomainCursor(string.Join(Separator, name), domain, node);
        }

        return cursor is not null;
    }

    /// <summary>The order of the list.</summary>
    public static int Compare(DomainCursor one, DomainCursor other)
    {
        var order = string.CompareOrdinal(one.Name, other.Name);
        order = order != 0 ? order : one.Id.Uuid.CompareTo(other.Id.Uuid);
        return order != 0 ? order : string.CompareOrdinal(one.Node, other.Node);
    }

    public override string ToString() => Base64Url.EncodeToString(Encoding.UTF8.GetBytes($"{Name}{Separator}{Id}{Separator}{Node}"));
}
