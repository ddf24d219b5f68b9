using System.Security.Cryptography;
using Consoles.Broker.Hosting;
using Consoles.Broker.Store;
using Microsoft.Extensions.Options;

namespace Consoles.Broker.Tokens;

/// <summary>The key under which token digests are made. It lies beside the store and not in it.</summary>
internal sealed class TokenKey(IOptions<StoreOptions> store) : IHostedService
{
    private const string FileName = "token.key";
    private const int KeyBytes = 32;
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode Others =
        UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    private readonly Lazy<byte[]> _key = new(() => Obtain(Path.Combine(store.Value.Directory, FileName)), LazyThreadSafetyMode.PublicationOnly);

    public ReadOnlySpan<byte> Bytes => _key.Value;

    /// <summary>Reads the key, or makes one, before anything listens.</summary>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        _ = _key.Value;
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private static byte[] Obtain(string path)
    {
        try
        {
            StateDirectory.Make(Path.GetDirectoryName(path)!);
            return File.Exists(path) ? Read(path) : Make(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new StoreException($"The key of the console tokens, {path}, cannot be read or made: {error.Message}", error);
        }
    }

    private static byte[] Read(string path)
    {
        if ((File.GetUnixFileMode(path) & Others) != UnixFileMode.None)
        {
            throw new StoreException($"The key of the console tokens, {path}, may be read by others than its owner: remove it, and a new one is made (tokens issued so far are then refused).");
        }

        var key = File.ReadAllBytes(path);
        return key.Length == KeyBytes ? key : throw new StoreException($"The key of the console tokens, {path}, has {key.Length} bytes and not {KeyBytes}: it is damaged.");
    }

    // Written whole beside its place and then linked there: neither a crash nor a second broker that starts now leaves half a key, or two.
    private static byte[] Make(string path)
    {
        var key = RandomNumberGenerator.GetBytes(KeyBytes);
        var draft = $"{path}.{Guid.NewGuid():N}";

        using (var file = new FileStream(draft, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = OwnerOnly }))
        {
            file.Write(key);
            file.Flush();
            Posix.Sync(file);
        }

        return Posix.Place(draft, path) ? key : Read(path);
    }
}
