using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Consoles.Broker.Sessions.Spice;

namespace Consoles.Tests.Fakes;

/// <summary>A SPICE viewer's side of one channel, on any stream.</summary>
internal sealed class SpiceViewer(Stream stream)
{
    private readonly SpiceWire _wire = new(stream, "The broker");

    public Stream Stream => stream;

    /// <summary>The key that the ticket was to be encrypted with.</summary>
    public byte[] PublicKey { get; private set; } = [];

    /// <summary>Goes through the link stage as a good viewer does.</summary>
    public async Task<SpiceLinkReply> LinkAsync(SpiceLinkMessage wanted, CancellationToken cancellationToken, string ticket = "")
    {
        await _wire.WriteAsync(SpiceLink.Write(wanted), cancellationToken);
        var reply = await _wire.ReadReplyAsync(cancellationToken);
        reply.Error.Should().Be(SpiceLinkError.Ok);
        PublicKey = reply.PublicKey.ToArray();

        if (wanted.Common.Has(SpiceCapabilities.AuthSelection))
        {
            await _wire.WriteNumberAsync(SpiceCapabilities.AuthSpice, cancellationToken);
        }

        using var key = RSA.Create();
        key.ImportSubjectPublicKeyInfo(PublicKey, out _);
        await _wire.WriteAsync(key.Encrypt(Encoding.UTF8.GetBytes(ticket + '\0'), RSAEncryptionPadding.OaepSHA1), cancellationToken);
        (await _wire.ReadNumberAsync("the result", cancellationToken)).Should().Be((uint)SpiceLinkError.Ok);
        return reply;
    }

    public Task SendAsync(int type, ReadOnlyMemory<byte> body, CancellationToken cancellationToken) => _wire.WriteAsync(SpiceSamples.Message(type, body.Span), cancellationToken);

    public async Task<(int Type, byte[] Body)> ReceiveAsync(CancellationToken cancellationToken)
    {
        var header = await _wire.ReadAsync(SpiceMessage.HeaderLength, "a message", cancellationToken);
        return (SpiceMessage.TypeOf(header), await _wire.ReadAsync((int)SpiceMessage.LengthOf(header), "the rest of it", cancellationToken));
    }

    /// <summary>Reads on until a message of this type.</summary>
    public async Task<byte[]> ReceiveAsync(int type, CancellationToken cancellationToken)
    {
        while (true)
        {
            var (found, body) = await ReceiveAsync(cancellationToken);

            if (found == type)
            {
                return body;
            }
        }
    }

    /// <summary>The number of the session, out of the message that it begins with.</summary>
    public async Task<uint> SessionAsync(CancellationToken cancellationToken) =>
        BinaryPrimitives.ReadUInt32LittleEndian(await ReceiveAsync(SpiceMessage.MainInit, cancellationToken));
}
