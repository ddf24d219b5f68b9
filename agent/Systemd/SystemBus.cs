using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Consoles.Agent.Systemd;

/// <summary>A connection to the system's D-Bus. It is not thread-safe, and its calls block. The only type that calls <see cref="SystemBusNative"/>.</summary>
internal sealed unsafe class SystemBus : IDisposable
{
    // For one call; systemd answers all that is asked here without waiting for anything.
    private const ulong CallMicroseconds = 25_000_000;

    private readonly BusHandle _bus;
    private readonly List<GCHandle> _handlers = [];

    private SystemBus(BusHandle bus) => _bus = bus;

    /// <exception cref="SystemdException">There is no bus, or it lets nobody in.</exception>
    public static SystemBus Open()
    {
        try
        {
            Check(SystemBusNative.OpenSystem(out var bus), "open the system bus");
            return new SystemBus(bus);
        }
        catch (DllNotFoundException missing)
        {
            throw new SystemdException("Could not load libsystemd.so.0 (Debian: apt-get install libsystemd0).", missing);
        }
    }

    /// <returns>The one object path that the method answers with, or an empty text where it answers with nothing.</returns>
    /// <exception cref="SystemdException">It was refused.</exception>
    public string Call(string destination, string path, string face, string member, params ReadOnlySpan<string> arguments)
    {
        var attempt = $"call {member}({string.Join(", ", arguments!)})";
        Check(SystemBusNative.NewMethodCall(_bus, out var message, destination, path, face, member), attempt);

        using (message)
        {
            foreach (var argument in arguments)
            {
                Check(SystemBusNative.Append(message, (byte)'s', argument), attempt);
            }

            var error = default(SystemBusNative.BusError);
            Check(SystemBusNative.Call(_bus, message, CallMicroseconds, ref error, out var reply), attempt, ref error);

            using (reply)
            {
                nint text;
                return SystemBusNative.Read(reply.DangerousGetHandle(), (byte)'o', &text) > 0 ? Marshal.PtrToStringUTF8(text)! : "";
            }
        }
    }

    /// <exception cref="SystemdException">It was refused.</exception>
    public string StringProperty(string destination, string path, string face, string member)
    {
        var error = default(SystemBusNative.BusError);
        Check(SystemBusNative.GetString(_bus, destination, path, face, member, ref error, out var value), $"read {member}", ref error);
        return value ?? "";
    }

    /// <exception cref="SystemdException">It was refused.</exception>
    public ulong NumberProperty(string destination, string path, string face, string member)
    {
        ulong value;
        var error = default(SystemBusNative.BusError);
        Check(SystemBusNative.GetTrivial(_bus, destination, path, face, member, ref error, (byte)'t', &value), $"read {member}", ref error);
        return value;
    }

    /// <summary>Has the signal told while <see cref="Dispatch"/> runs.</summary>
    /// <param name="handler">Gets the signal's leading arguments. It must not throw.</param>
    /// <param name="signature">Their types: u, o and s.</param>
    /// <exception cref="SystemdException">The bus refused.</exception>
    public void OnSignal(string sender, string path, string face, string member, string signature, Action<IReadOnlyList<string>> handler)
    {
        var state = GCHandle.Alloc((signature, handler));
        _handlers.Add(state);
        Check(SystemBusNative.MatchSignal(_bus, 0, sender, path, face, member, &Signal, GCHandle.ToIntPtr(state)), $"subscribe to {member}");
    }

    /// <summary>Hands out what has arrived, and waits for more until something came or the time is over.</summary>
    /// <exception cref="SystemdException">The bus is gone.</exception>
    public void Dispatch(TimeSpan atMost)
    {
        var any = false;

        while (Check(SystemBusNative.Process(_bus, 0), "read from the system bus") > 0)
        {
            any = true;
        }

        if (!any)
        {
            Check(SystemBusNative.Wait(_bus, (ulong)atMost.TotalMicroseconds), "wait for the system bus");
        }
    }

    public void Dispose()
    {
        _bus.Dispose();
        _handlers.ForEach(handler => handler.Free());
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Signal(nint message, nint state, SystemBusNative.BusError* error)
    {
        var (signature, handler) = ((string, Action<IReadOnlyList<string>>))GCHandle.FromIntPtr(state).Target!;
        var arguments = new List<string>();

        foreach (var type in signature)
        {
            // Large enough for each of the types.
            nint value = 0;

            if (SystemBusNative.Read(message, (byte)type, &value) <= 0)
            {
                return 0;
            }

            arguments.Add(type == 'u' ? $"{(uint)value}" : Marshal.PtrToStringUTF8(value) ?? "");
        }

        handler(arguments);
        return 0;
    }

    private static int Check(int result, string attempt)
    {
        var none = default(SystemBusNative.BusError);
        return Check(result, attempt, ref none);
    }

    private static int Check(int result, string attempt, ref SystemBusNative.BusError error)
    {
        if (result >= 0)
        {
            return result;
        }

        var said = Marshal.PtrToStringUTF8(error.Message) ?? Marshal.GetPInvokeErrorMessage(-result);
        SystemBusNative.FreeError(ref error);
        throw new SystemdException($"Could not {attempt}: {said}");
    }
}
