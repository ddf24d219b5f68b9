using System.Text.Json.Serialization;

namespace Consoles.Common.Link;

/// <summary>What an agent is to open and carry to the broker on a stream of its own.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "of", UnknownDerivedTypeHandling = JsonUnknownDerivedTypeHandling.FailSerialization)]
[JsonDerivedType(typeof(GraphicsSource), "graphics")]
[JsonDerivedType(typeof(SerialSource), "serial")]
[JsonDerivedType(typeof(SerialPastSource), "serial-past")]
[JsonDerivedType(typeof(ScreenshotSource), "screenshot")]
public abstract record StreamSource;

/// <summary>A VNC or SPICE console: the stream is the bytes of QEMU.</summary>
/// <param name="Tls">SPICE's TLS port is wanted, with QEMU's TLS left to the broker; else the console without TLS where libvirt can hand it over.</param>
public sealed record GraphicsSource(string Console, bool Tls = false) : StreamSource;

/// <summary>A serial console: the stream is frames (<see cref="Serial.SerialFrameType"/>) both ways.</summary>
/// <param name="Viewer">Who looks, for the others who do.</param>
/// <param name="MayWrite">False: what the viewer types is refused.</param>
/// <param name="Force">Take the console from whoever holds it outside of Consoles, such as virsh console.</param>
public sealed record SerialSource(string Console, string Viewer, bool MayWrite, bool Force) : StreamSource;

/// <summary>What a serial console has shown so far: the stream is bytes, and ends.</summary>
/// <param name="MaxBytes">At most so many, the latest ones.</param>
public sealed record SerialPastSource(string Console, int MaxBytes) : StreamSource;

/// <summary>What the domain's screen shows now: the stream is a picture as libvirt makes it (PNG, or PPM of an older QEMU), and ends.</summary>
public sealed record ScreenshotSource(int Screen) : StreamSource;

/// <summary>Why an agent did not open a stream.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<StreamFault>))]
public enum StreamFault
{
    /// <summary>libvirt or the system failed, or took too long.</summary>
    [JsonStringEnumMemberName("failed")] Failed,

    /// <summary>That run of the domain is not on this node, or is over.</summary>
    [JsonStringEnumMemberName("no-such-run")] NoSuchRun,

    /// <summary>The domain has no such console, or one that cannot be carried.</summary>
    [JsonStringEnumMemberName("no-such-console")] NoSuchConsole,

    /// <summary>Somebody outside of Consoles holds it; force may take it.</summary>
    [JsonStringEnumMemberName("held")] Held,

    /// <summary>The agent carries as many as it may.</summary>
    [JsonStringEnumMemberName("too-many")] TooMany,
}
