using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Consoles.Common.Inventory;

namespace Consoles.Agent.Libvirt;

/// <summary>A console of a domain that is a pseudo-terminal, opened by libvirt, which sees to it that it is opened once.</summary>
/// <remarks>
/// It has a connection to libvirt of its own. libvirtd stops reading a connection while a guest does not take what was typed, and
/// the client's side of a connection holds all that a guest says until it is read: neither may happen to anybody else.
/// Nothing of it blocks a thread, except for a guest that does not take what is typed.
/// </remarks>
internal sealed class LibvirtConsole : IAsyncDisposable
{
    // virDomainConsoleFlags, virStreamFlags, virStreamEventType.
    private const uint Force = 1;
    private const uint Safe = 2;
    private const uint NonBlocking = 1;
    private const int Readable = 1;
    private const int WouldBlock = -2;

    // virStreamSend never says that it would block: it holds what libvirtd does not take. After so much, libvirtd is asked how far it is.
    private const int MaxUnanswered = 16 * 1024;

    // How long it is quiet until it is looked whether another has taken it.
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(3);

    private readonly string _what;
    private readonly ConnectionHandle _connection;
    private readonly StreamHandle _stream;
    private readonly PtyLock _lock;
    private readonly ConsoleReadiness _readiness = new();

    // Of two threads that wait for libvirtd on one connection, its end may end the process. See LibvirtLane.
    private readonly Lock _oneCall = new();
    private readonly TimeProvider _clock;
    private int _unanswered;
    private bool _closed;

    private LibvirtConsole(string what, ConnectionHandle connection, StreamHandle stream, PtyLock held, TimeProvider clock) =>
        (_what, _connection, _stream, _lock, _clock) = (what, connection, stream, held, clock);

    /// <param name="force">Take it from whoever has it open.</param>
    /// <exception cref="LibvirtException">libvirt refused, with <see cref="LibvirtException.OperationFailed"/> when another has it open.</exception>
    public static async Task<LibvirtConsole> OpenAsync(
        LibvirtOpenings openings, LibvirtOptions options, DomainId domain, ConsoleEndpoint console, bool force, TimeProvider clock, CancellationToken cancellationToken)
    {
        LibvirtEventLoop.EnsureStarted();
        using var limit = new CancellationTokenSource(options.CallTimeout, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);

        try
        {
            return await openings.RunAsync((domain, console.Name), () => Open(options, domain, console, force, clock), either.Token);
        }
        catch (OperationCanceledException late) when (!cancellationToken.IsCancellationRequested)
        {
            throw new LibvirtException($"open console {console.Name} of domain {domain}: libvirt has not answered for {options.CallTimeout.TotalSeconds:0.#} s", inner: late);
        }
    }

    /// <returns>How many bytes came; 0 when the console was closed.</returns>
    /// <exception cref="LibvirtException">The console, or the connection to libvirt, failed.</exception>
    public async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();

            if (TryReceive(buffer.Span) is { } count)
            {
                return count;
            }

            var readable = ReadableAsync();
            await readable.WaitAsync(Quiet, _clock, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

            if (!readable.IsCompleted && _lock.IsTaken)
            {
                throw new LibvirtException("read the console: another client of libvirt has taken it");
            }
        }
    }

    /// <exception cref="LibvirtException">The console, or the connection to libvirt, failed.</exception>
    public async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        while (!bytes.IsEmpty)
        {
            var sent = Send(bytes.Span);
            bytes = bytes[sent..];
            _unanswered += sent;

            if (_unanswered >= MaxUnanswered || sent == 0)
            {
                // libvirtd reads a connection in order: once it answers, it has taken what was sent before.
                await LibvirtThreads.RunAloneAsync("libvirt-console", AskHowFar).WaitAsync(cancellationToken);
                _unanswered = 0;
            }
        }
    }

    // Calls to the daemon, which may be the reason why we close.
    public ValueTask DisposeAsync() => new(LibvirtThreads.CloseAsync("libvirt-console", Close, _clock));

    private static LibvirtConsole Open(LibvirtOptions options, DomainId id, ConsoleEndpoint device, bool force, TimeProvider clock)
    {
        var what = $"open console {device.Name} of domain {id}";
        var connection = LibvirtNative.Open(options.Uri);

        if (connection.IsInvalid)
        {
            throw LibvirtError.Last(what);
        }

        var stream = LibvirtStreamNative.New(connection, NonBlocking);

        try
        {
            using var domain = LibvirtNative.FindDomain(connection, id.Uuid.ToByteArray(bigEndian: true));

            if (stream.IsInvalid || domain.IsInvalid || LibvirtStreamNative.OpenConsole(domain, device.Name, stream, Safe | (force ? Force : 0)) < 0)
            {
                throw LibvirtError.Last(what);
            }

            var console = new LibvirtConsole(what, connection, stream, new PtyLock(options.LockDirectory, device.Path), clock);
            console.Listen();
            return console;
        }
        catch
        {
            stream.Dispose();
            connection.Dispose();
            throw;
        }
    }

    private unsafe void Listen()
    {
        LibvirtCallbacks.Register(_readiness, _what, state => LibvirtStreamNative.AddCallback(_stream, 0, &OnReady, state, &LibvirtCallbacks.FreeState));

        // A connection that ends says so here; its streams only when they are read.
        LibvirtCallbacks.Register(_readiness, _what, state => LibvirtNative.RegisterCloseCallback(_connection, &OnClosed, state, &LibvirtCallbacks.FreeState));
    }

    private int AskHowFar()
    {
        lock (_oneCall)
        {
            return _closed ? 0 : LibvirtStreamNative.GetLibVersion(_connection, out _);
        }
    }

    private bool Close()
    {
        lock (_oneCall)
        {
            _closed = true;
            LetGo();
            return true;
        }
    }

    private unsafe void LetGo()
    {
        _ = LibvirtStreamNative.RemoveCallback(_stream);

        // Who has lost it waits for ever for the answer to that. The end of the connection lets go of it too.
        if (!_lock.IsTaken)
        {
            _ = LibvirtStreamNative.Abort(_stream);
        }

        _ = LibvirtNative.UnregisterCloseCallback(_connection, &OnClosed);
        _stream.Dispose();
        _connection.Dispose();
    }

    private int? TryReceive(Span<byte> buffer) => LibvirtStreamNative.Receive(_stream, buffer, (nuint)buffer.Length) switch
    {
        WouldBlock => _readiness.IsClosed ? throw new LibvirtException("the connection to libvirt ended") : null,
        < 0 => throw LibvirtError.Last("read the console"),
        var count => count,
    };

    // libvirtd is asked something, or is told the end: it is asked again how far it is, which waits for that.
    private int Send(ReadOnlySpan<byte> bytes)
    {
        if (!_oneCall.TryEnter())
        {
            return 0;
        }

        try
        {
            return _closed ? throw new LibvirtException("the console was closed") : LibvirtStreamNative.Send(_stream, bytes, (nuint)bytes.Length) switch
            {
                WouldBlock => 0,
                < 0 => throw LibvirtError.Last("write to the console"),
                var count => count,
            };
        }
        finally
        {
            _oneCall.Exit();
        }
    }

    /// <summary>Completes when there may be something to read. Asked for anew each time: libvirt calls for as long as there is something.</summary>
    private Task ReadableAsync()
    {
        var readable = _readiness.Next();

        if (!_readiness.IsClosed && LibvirtStreamNative.UpdateCallback(_stream, Readable) < 0)
        {
            throw LibvirtError.Last("wait for the console");
        }

        return readable;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void OnReady(nint stream, int events, nint state)
    {
        _ = LibvirtStreamNative.UpdateLentCallback(stream, events: 0);
        ((ConsoleReadiness)GCHandle.FromIntPtr(state).Target!).Ready();
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void OnClosed(nint connection, int reason, nint state) => ((ConsoleReadiness)GCHandle.FromIntPtr(state).Target!).Close();
}
