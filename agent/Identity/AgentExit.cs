using Microsoft.Extensions.Hosting;

namespace Consoles.Agent.Identity;

/// <summary>What the process's exit code means to those who start it.</summary>
internal static class ExitCode
{
    public const int Done = 0;
    public const int Failed = 1;

    /// <summary>EX_CONFIG of sysexits.h: starting again changes nothing until a person has enrolled the node or mended an option.</summary>
    public const int NotEnrolled = 78;
}

/// <summary>Lets a slice end the agent where going on is of no use.</summary>
internal sealed class AgentExit(IHostApplicationLifetime lifetime)
{
    public int Code { get; private set; } = ExitCode.Done;

    public void Stop(int code)
    {
        Code = code;
        lifetime.StopApplication();
    }
}
