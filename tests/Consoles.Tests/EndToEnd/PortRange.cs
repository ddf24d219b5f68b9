namespace Consoles.Tests.EndToEnd;

/// <summary>Ports that no other test on this machine uses, below those that the kernel hands out by itself.</summary>
internal sealed class PortRange : IDisposable
{
    private const int Lowest = 12_000;
    private const int Size = 280;
    private const int Ranges = 70;
    private const int Devices = 120;

    private readonly FileStream _claim;
    private int _taken;

    private PortRange(int first, FileStream claim)
    {
        First = first;
        _claim = claim;
    }

    /// <summary>The first of the ports that libvirt chooses from for displays; the last is <see cref="LastDisplay"/>.</summary>
    public int First { get; }

    public int LastDisplay => First + 119;

    public int FirstWebSocket => First + 120;

    public int LastWebSocket => First + 159;

    /// <summary>A port that a test gives a device or a listener itself.</summary>
    public int Next() => Interlocked.Increment(ref _taken) is var taken && taken <= Devices
        ? First + 159 + taken
        : throw new InvalidOperationException($"This test has had its {Devices} ports.");

    public static PortRange Claim()
    {
        var folder = Directory.CreateDirectory(Path.Combine(Path.GetTempPath(), "consoles-ports"));
        var offset = Random.Shared.Next(Ranges);

        for (var attempt = 0; attempt < Ranges; attempt++)
        {
            var range = (offset + attempt) % Ranges;

            try
            {
                // Held for as long as the file is open, also against other processes.
                var claim = new FileStream(Path.Combine(folder.FullName, $"{range}"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
                return new PortRange(Lowest + (range * Size), claim);
            }
            catch (IOException)
            {
                // Another test holds this one.
            }
        }

        throw new InvalidOperationException($"All {Ranges} port ranges are in use.");
    }

    public void Dispose() => _claim.Dispose();
}
