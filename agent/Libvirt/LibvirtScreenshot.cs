using Consoles.Common.Inventory;

namespace Consoles.Agent.Libvirt;

/// <summary>Takes a picture of what a guest's screen shows.</summary>
internal static class LibvirtScreenshot
{
    /// <summary>A picture of 4096 by 4096 without compression takes three times as much; such screens are not for thumbnails.</summary>
    public const int MaxBytes = 16 * 1024 * 1024;

    private const int ChunkSize = 64 * 1024;

    /// <returns>The picture as libvirt makes it: PNG, or PPM of a QEMU before 7.1.</returns>
    /// <exception cref="LibvirtException">libvirt refused, the picture is too large, or that run is over.</exception>
    public static Task<byte[]> TakeScreenshotAsync(this LibvirtConnection connection, DomainId id, int liveId, int screen, CancellationToken cancellationToken)
    {
        var attempt = $"take a picture of screen {screen} of domain {id}";
        return connection.WithRunAsync(attempt, id, liveId, (handle, domain) => Take(handle, domain, screen, attempt), cancellationToken);
    }

    private static byte[] Take(ConnectionHandle connection, DomainHandle domain, int screen, string attempt)
    {
        using var stream = LibvirtStreamNative.New(connection, flags: 0);

        if (stream.IsInvalid || LibvirtStreamNative.Screenshot(domain, stream, (uint)screen, flags: 0) is null)
        {
            throw LibvirtError.Last(attempt);
        }

        byte[] picture;

        try
        {
            picture = ReadAll(stream, attempt);
        }
        catch
        {
            _ = LibvirtStreamNative.Abort(stream);
            throw;
        }

        return LibvirtStreamNative.Finish(stream) >= 0 ? picture : throw LibvirtError.Last(attempt);
    }

    private static byte[] ReadAll(StreamHandle stream, string attempt)
    {
        using var picture = new MemoryStream();
        var chunk = new byte[ChunkSize];

        while (true)
        {
            switch (LibvirtStreamNative.Receive(stream, chunk, (nuint)chunk.Length))
            {
                case < 0:
                    throw LibvirtError.Last(attempt);
                case 0:
                    return picture.ToArray();
                case var received when picture.Length + received > MaxBytes:
                    throw new LibvirtException($"{attempt}: it takes more than {MaxBytes} bytes");
                case var received:
                    picture.Write(chunk, 0, received);
                    break;
            }
        }
    }
}
