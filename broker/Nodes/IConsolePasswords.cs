using Consoles.Common.Inventory;

namespace Consoles.Broker.Nodes;

/// <summary>Asks a node's agent for the password that QEMU wants, for one session that is being opened.</summary>
internal interface IConsolePasswords
{
    /// <exception cref="ConsolePasswordException">The agent is away, does not answer in time, or has none.</exception>
    Task<string> GetAsync(string node, Incarnation incarnation, string console, CancellationToken cancellationToken);
}

/// <summary>No console password could be had; the message says why, for a person.</summary>
internal sealed class ConsolePasswordException(string message) : Exception(message);
