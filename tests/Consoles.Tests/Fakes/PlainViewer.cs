using System.Buffers.Binary;
using System.Net.Security;
using System.Text;

namespace Consoles.Tests.Fakes;

/// <summary>A VNC viewer that speaks VeNCrypt's X509Plain, step by step.</summary>
internal static class PlainViewer
{
    public static readonly byte[] Version = "RFB 003.008\n"u8.ToArray();

    /// <summary>As far as TLS, whose inside is returned.</summary>
    public static async Task<SslStream> AgreeAsync(ViewerBroker broker) => await broker.SecureAsync(await AgreeAsync(await ViewerBroker.ConnectAsync(broker.Listeners.Vnc!)));

    /// <summary>Until TLS is to begin.</summary>
    public static async Task<Stream> AgreeAsync(Stream viewer)
    {
        (await ViewerBroker.ReadAsync(viewer, 12)).Should().Equal(Version);
        await viewer.WriteAsync(Version);
        (await ViewerBroker.ReadAsync(viewer, 2)).Should().Equal(1, 19);
        await viewer.WriteAsync(new byte[] { 19 });
        (await ViewerBroker.ReadAsync(viewer, 2)).Should().Equal(0, 2);
        await viewer.WriteAsync(new byte[] { 0, 2 });
        (await ViewerBroker.ReadAsync(viewer, 6)).Should().Equal(0, 1, 0, 0, 1, 6);
        await viewer.WriteAsync(new byte[] { 0, 0, 1, 6 });
        (await ViewerBroker.ReadAsync(viewer, 1)).Should().Equal(1);
        return viewer;
    }

    /// <summary>Shows the token and begins: the guest's name.</summary>
    public static async Task<string> BeginAsync(Stream viewer, string user, string token)
    {
        await viewer.WriteAsync(Credentials(user, token));
        (await ResultAsync(viewer)).Should().BeNull();
        await viewer.WriteAsync(new byte[] { 0 });
        var init = await ViewerBroker.ReadAsync(viewer, 24);
        return Encoding.UTF8.GetString(await ViewerBroker.ReadAsync(viewer, BinaryPrimitives.ReadInt32BigEndian(init.AsSpan(20))));
    }

    public static byte[] Credentials(string user, string password) => [.. Lengths(user.Length, password.Length), .. Encoding.UTF8.GetBytes(user), .. Encoding.UTF8.GetBytes(password)];

    public static byte[] Lengths(int user, int password)
    {
        var lengths = new byte[8];
        BinaryPrimitives.WriteInt32BigEndian(lengths, user);
        BinaryPrimitives.WriteInt32BigEndian(lengths.AsSpan(4), password);
        return lengths;
    }

    /// <summary>The reason, or null when all is well.</summary>
    public static async Task<string?> ResultAsync(Stream viewer)
    {
        if (BinaryPrimitives.ReadUInt32BigEndian(await ViewerBroker.ReadAsync(viewer, 4)) == 0)
        {
            return null;
        }

        var length = BinaryPrimitives.ReadInt32BigEndian(await ViewerBroker.ReadAsync(viewer, 4));
        return Encoding.UTF8.GetString(await ViewerBroker.ReadAsync(viewer, length));
    }
}
