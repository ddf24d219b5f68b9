using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Consoles.Broker.Nodes;
using Consoles.Common.Inventory;
using Consoles.Common.Link;

namespace Consoles.Tests.Fakes;

/// <summary>Agents that carry whatever they are asked for: the other end of a real socket, where a test speaks.</summary>
internal sealed class FakeAgentStreams : IAgentStreams, IAgentLines, IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly ConcurrentBag<TcpClient> _sockets = [];
    private readonly ConcurrentQueue<NetworkStream> _ends = new();

    public FakeAgentStreams() => _listener.Start();

    /// <summary>What the agent refuses with, when set.</summary>
    public AgentStreamException? Refusal { get; set; }

    /// <summary>Why a console that was dialled must not be used, as the agent says.</summary>
    public string? WhyNot { get; set; }

    /// <summary>Whether the agent is connected.</summary>
    public bool Away { get; set; }

    /// <summary>Answers for the agent as soon as a stream is opened.</summary>
    public Func<Stream, StreamSource, Task>? Script { get; set; }

    public ConcurrentQueue<(string Node, Incarnation Run, StreamSource Source)> Asked { get; } = new();

    public long? AgentOf(string node) => Away ? null : 1;

    public Task<string?> WhyNotAsync(string node, Incarnation incarnation, string console, CancellationToken cancellationToken) => Task.FromResult(WhyNot);

    public async Task<Stream> OpenAsync(string node, Incarnation incarnation, StreamSource source, CancellationToken cancellationToken)
    {
        Asked.Enqueue((node, incarnation, source));

        if (Refusal is not null)
        {
            throw Refusal;
        }

        var broker = new TcpClient { NoDelay = true };
        _sockets.Add(broker);
        var accepted = _listener.AcceptTcpClientAsync(cancellationToken);
        await broker.ConnectAsync((IPEndPoint)_listener.LocalEndpoint, cancellationToken);
        var agent = await accepted;
        _sockets.Add(agent);
        _ends.Enqueue(agent.GetStream());

        if (Script is not null)
        {
            await Script(agent.GetStream(), source);
        }

        return broker.GetStream();
    }

    /// <summary>The agent's end of the next stream.</summary>
    public Task<NetworkStream> NextAsync() => Eventually.GetAsync(() => Task.FromResult(_ends.TryDequeue(out var end) ? end : null));

    public void Dispose()
    {
        _listener.Dispose();

        foreach (var socket in _sockets)
        {
            socket.Dispose();
        }
    }
}
