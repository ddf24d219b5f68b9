using Consoles.Common.Relaying;

namespace Consoles.Broker.Sessions.Serial;

/// <summary>A viewer or an agent sent what nobody may send on a shared serial line. The message says what came.</summary>
internal sealed class SerialFrameException(string message) : ProtocolException(message);
