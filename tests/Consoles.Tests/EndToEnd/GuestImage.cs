namespace Consoles.Tests.EndToEnd;

/// <summary>The kernel and initramfs of the smallest real guest. Made at first use, kept for later runs, shared by test runs on one machine.</summary>
internal sealed record GuestImage(string Kernel, string Initrd)
{
    // Not below the source tree: that may be in a home directory, where QEMU's user cannot read.
    private const string Folder = "/var/cache/consoles/guest";

    private static readonly Lazy<Task<GuestImage>> Made = new(MakeAsync);

    public static Task<GuestImage> GetAsync() => Made.Value;

    private static async Task<GuestImage> MakeAsync()
    {
        await Command.RunAsync(Path.Combine(Repository.Root, "vagrant/guest/build"), [Folder], TimeSpan.FromMinutes(15));
        return new GuestImage(Path.Combine(Folder, "vmlinuz"), Path.Combine(Folder, "initrd.gz"));
    }
}
