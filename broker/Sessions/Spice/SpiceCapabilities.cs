using System.Buffers.Binary;

namespace Consoles.Broker.Sessions.Spice;

/// <summary>What one side of a link can do: bits in words of 32.</summary>
internal sealed class SpiceCapabilities(IReadOnlyList<uint> words)
{
    // spice-protocol, protocol.h: those of every channel ...
    public const int AuthSelection = 0;
    public const int AuthSpice = 1;
    public const int MiniHeader = 3;

    // ... and those of the main channel.
    public const int NameAndUuid = 1;
    public const int AgentConnectedTokens = 2;

    /// <summary>What the broker can do on every channel, as a viewer's server and as a guest's client. Short headers are what all three have to know.</summary>
    public static SpiceCapabilities OfBroker { get; } = Of(AuthSelection, AuthSpice, MiniHeader);

    /// <summary>A word has the bits of a channel with 32 abilities; none has 64.</summary>
    public const int MaxWords = 32;

    private const int BitsPerWord = 32;

    public static SpiceCapabilities None { get; } = new([]);

    public int Words => words.Count;

    public bool Has(int bit) => bit / BitsPerWord < words.Count && (words[bit / BitsPerWord] & (1u << (bit % BitsPerWord))) != 0;

    /// <summary>Those of the first word alone: every bit that is looked at here is in it.</summary>
    public static SpiceCapabilities Of(params ReadOnlySpan<int> bits)
    {
        var word = 0u;

        foreach (var bit in bits)
        {
            word |= 1u << bit;
        }

        return new SpiceCapabilities([word]);
    }

    public static SpiceCapabilities Read(ReadOnlySpan<byte> bytes)
    {
        var read = new uint[bytes.Length / sizeof(uint)];

        for (var i = 0; i < read.Length; i++)
        {
            read[i] = BinaryPrimitives.ReadUInt32LittleEndian(bytes[(i * sizeof(uint))..]);
        }

        return new SpiceCapabilities(read);
    }

    public void Write(Span<byte> bytes)
    {
        for (var i = 0; i < words.Count; i++)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(bytes[(i * sizeof(uint))..], words[i]);
        }
    }
}
