namespace Consoles.Tests.Fakes;

/// <summary>A connection whose other side has already said everything, in pieces of a chosen size, and hears all that is said.</summary>
internal sealed class ScriptedStream(byte[] said, int pieces = int.MaxValue) : MemoryStream
{
    private int _position;

    public MemoryStream Heard { get; } = new();

    /// <summary>How much has been read.</summary>
    public int Taken => _position;

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var length = Math.Min(Math.Min(buffer.Length, pieces), said.Length - _position);
        said.AsMemory(_position, length).CopyTo(buffer);
        _position += length;
        return ValueTask.FromResult(length);
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => Heard.WriteAsync(buffer, cancellationToken);

    public override void Write(byte[] buffer, int offset, int count) => Heard.Write(buffer, offset, count);
}
