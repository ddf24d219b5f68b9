using System.CommandLine;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Consoles.Broker.Access;
using Consoles.Broker.Authority;
using Consoles.Broker.Hosting;
using Consoles.Broker.Sessions.Serial;
using Consoles.Broker.Tokens;
using Consoles.Broker.Viewers.Attaching;
using Consoles.Common.Relaying;
using Microsoft.Extensions.Options;
using Microsoft.Win32.SafeHandles;

namespace Consoles.Broker;

/// <summary>A guest's serial console on the terminal that the command was started on, through a broker that runs.</summary>
internal static class AttachCommand
{
    public const string KeyVariable = "CONSOLES_API_KEY";

    /// <summary>The exit code when the console was closed by somebody else than the person at the terminal.</summary>
    private const int ClosedByOthers = 3;

    // Long enough for the one request that it is for.
    private static readonly TimeSpan OwnKeyLifetime = TimeSpan.FromMinutes(1);

    // A screen that takes nothing must keep nobody here.
    private static readonly TimeSpan SayLimit = TimeSpan.FromSeconds(1);

    public static Command Make(SettingsSwitches settings)
    {
        var domain = new Argument<string>("DOMAIN") { Description = "The guest's name or UUID" };
        var console = new Option<string>("--console") { Description = "Which of its serial consoles [the first]", HelpName = "NAME", DefaultValueFactory = _ => "serial" };
        var url = new Option<string?>("--url") { Description = "Where the broker is [as its settings here say]", HelpName = "URL" };
        var keyFile = new Option<FileInfo?>("--key-file") { Description = $"A file with an API key [{KeyVariable}, or else the store here is asked]", HelpName = "FILE" };
        var authority = new Option<FileInfo?>("--ca") { Description = "Whom to trust beside this machine's authorities, PEM [the authority in the store here]", HelpName = "FILE" };
        var viewOnly = new Option<bool>("--view-only") { Description = "Look, and send nothing" };

        var command = new Command("attach", "Show a guest's serial console on this terminal, and type on it. Ctrl-] leaves. Exit code: 0 left, 3 closed by others, 1 not opened.")
        {
            domain, console, url, keyFile, authority, viewOnly,
        };

        command.SetAction(async (line, cancellationToken) =>
        {
            var wanted = line.GetRequiredValue(domain);
            var rights = line.GetValue(viewOnly) ? ConsoleRights.View : ConsoleRights.Control;
            var key = line.GetValue(keyFile) is { } file ? ReadKey(file) : Environment.GetEnvironmentVariable(KeyVariable);
            using var broker = Find(line, settings, key, line.GetValue(url) is { } place ? ParseUrl(place) : null, line.GetValue(authority));
            await using var socket = await broker.OpenAsync(wanted, line.GetRequiredValue(console), rights, cancellationToken);
            return await RunAsync(socket, wanted, rights, line.InvocationConfiguration.Error, cancellationToken);
        });

        return command;
    }

    private static async Task<int> RunAsync(SocketStream socket, string domain, ConsoleRights rights, TextWriter error, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await using var keys = new FileStream(new SafeFileHandle(0, ownsHandle: false), FileAccess.Read, bufferSize: 0);
        await using var screen = Console.OpenStandardOutput();
        using var terminal = Terminal.Open(stop.Cancel);
        var viewer = new TerminalChannel(keys, screen);
        await SayAsync($"Connected to {domain}{(rights == ConsoleRights.View ? " to look" : "")}. Ctrl-] leaves.");

        await Relay.RunAsync(new SerialBytesChannel(viewer, past: true, notices: true), socket, (_, _) => viewer.CloseAsync(Sessions.SessionEnding.ViewerLeft), stop.Token);
        await SayAsync(viewer.HasLeft || stop.IsCancellationRequested ? $"Left {domain}." : socket.Reason ?? "The connection to the broker ended.");
        return viewer.HasLeft ? 0 : ClosedByOthers;

        // A raw terminal needs the return. Programs that read the console from a pipe are not told among its bytes.
        Task SayAsync(string words) => terminal.IsOne
            ? Task.WhenAny(Task.Run(() => screen.Write(Encoding.UTF8.GetBytes($"\r\n[{words}]\r\n")), CancellationToken.None), Task.Delay(SayLimit, CancellationToken.None))
            : error.WriteLineAsync(words);
    }

    private static BrokerClient Find(ParseResult line, SettingsSwitches settings, string? key, Uri? url, FileInfo? authority)
    {
        var authorities = new X509Certificate2Collection();

        if (authority is not null)
        {
            Read(() => authorities.ImportFromPemFile(authority.FullName), authority.FullName);
        }

        if (key is not null && url is not null)
        {
            return new BrokerClient(url, key, authorities);
        }

        using var here = BrokerHost.BuildForCommand(settings.Read(line));
        var people = here.Services.GetRequiredService<IOptions<ListenersOptions>>().Value.People;

        if (url is null && people.CertificateFile is { } file)
        {
            // It is for the broker's name, and here the broker is asked at an address.
            authorities.Add(Read(() => X509CertificateLoader.LoadCertificateFromFile(file), file));
        }

        url ??= AddressOf(people);

        if (authority is null)
        {
            authorities.Add(here.Services.GetRequiredService<AuthorityRoots>().Fleet);
        }

        // Who may read the store may make keys, as by "key create".
        key ??= here.Services.GetRequiredService<ApiKeys>().Create(ApiRole.Operator, $"attach of {Environment.UserName}", OwnKeyLifetime).Secret.Reveal();
        return new BrokerClient(url, key, [.. authorities.Select(found => X509CertificateLoader.LoadCertificate(found.RawData))]);
    }

    private static Uri AddressOf(PeopleListenerOptions people)
    {
        var address = IPAddress.Parse(people.Address);
        var host = address.Equals(IPAddress.Any) ? IPAddress.Loopback : address.Equals(IPAddress.IPv6Any) ? IPAddress.IPv6Loopback : address;
        return new Uri($"{people.EffectiveScheme.ToString().ToLowerInvariant()}://{new IPEndPoint(host, people.Port)}");
    }

    private static Uri ParseUrl(string text) => Uri.TryCreate(text, UriKind.Absolute, out var url) && (url.Scheme == Uri.UriSchemeHttp || url.Scheme == Uri.UriSchemeHttps)
        ? url
        : throw new CommandException($"'{text}' is no address of a broker, as https://broker.example:6080 would be.");

    private static string ReadKey(FileInfo file) => Read(() => File.ReadAllText(file.FullName).Trim(), file.FullName);

    private static T Read<T>(Func<T> read, string file)
    {
        try
        {
            return read();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw new CommandException($"{file} cannot be read: {e.Message}");
        }
    }

    private static void Read(Action read, string file) => Read(
        () =>
        {
            read();
            return true;
        },
        file);
}
