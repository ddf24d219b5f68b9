using System.Runtime.InteropServices;

namespace Consoles.Broker.Viewers.Attaching;

/// <summary>The terminal that this process was started on, made raw: each key is passed on as it is. Disposing it makes it what it was. The only type that calls <see cref="TerminalNative"/>.</summary>
internal sealed class Terminal : IDisposable
{
    private const int Input = 0;

    // glibc's and musl's struct termios have 60 bytes on Linux; nothing of it is looked at here.
    private const int SettingsBytes = 256;

    private readonly byte[]? _before;
    private readonly List<PosixSignalRegistration> _signals = [];

    private Terminal(byte[]? before) => _before = before;

    /// <summary>Whether keys come from a person's terminal, and not from a pipe or a file.</summary>
    public bool IsOne => _before is not null;

    /// <param name="stop">Called by the signals that end programs; they do not end this one before its terminal is what it was.</param>
    public static Terminal Open(Action stop)
    {
        var settings = new byte[SettingsBytes];
        var terminal = new Terminal(TerminalNative.IsTerminal(Input) == 1 && TerminalNative.GetSettings(Input, settings) == 0 ? [.. settings] : null);

        foreach (var signal in new[] { PosixSignal.SIGTERM, PosixSignal.SIGHUP, PosixSignal.SIGINT, PosixSignal.SIGQUIT })
        {
            terminal._signals.Add(PosixSignalRegistration.Create(signal, context =>
            {
                context.Cancel = true;
                stop();
            }));
        }

        if (terminal.IsOne)
        {
            // For what ends the program otherwise.
            AppDomain.CurrentDomain.ProcessExit += terminal.OnExit;
            TerminalNative.MakeRaw(settings);
            _ = TerminalNative.SetSettings(Input, TerminalNative.AtOnce, settings);
        }

        return terminal;
    }

    public void Dispose()
    {
        AppDomain.CurrentDomain.ProcessExit -= OnExit;
        Restore();
        _signals.ForEach(signal => signal.Dispose());
    }

    private void OnExit(object? sender, EventArgs e) => Restore();

    private void Restore()
    {
        if (_before is not null)
        {
            _ = TerminalNative.SetSettings(Input, TerminalNative.AtOnce, _before);
        }
    }
}
