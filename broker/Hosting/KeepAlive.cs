using System.Net.Sockets;

namespace Consoles.Broker.Hosting;

/// <summary>Makes a connection notice that the machine at its other end is gone: one that loses power says nothing.</summary>
internal static class KeepAlive
{
    private const int Seconds = 10;
    private const int Probes = 2;

    public static void On(Socket socket)
    {
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, Seconds);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, Seconds / 2);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, Probes);
    }
}
