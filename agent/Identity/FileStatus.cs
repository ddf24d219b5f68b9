namespace Consoles.Agent.Identity;

/// <summary>What statx(2) says of a name.</summary>
/// <param name="Owner">A user's number.</param>
/// <param name="Group">A group's number.</param>
/// <param name="Links">How many names the file has.</param>
/// <param name="Size">In bytes.</param>
internal sealed record FileStatus(FileKind Kind, UnixFileMode Mode, uint Owner, uint Group, uint Links, long Size);

/// <summary>The S_IFMT part of a mode.</summary>
internal enum FileKind
{
    Directory = 0x4000,
    Regular = 0x8000,
    Link = 0xa000,
}
