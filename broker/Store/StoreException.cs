namespace Consoles.Broker.Store;

/// <summary>The store could not be read or written: disk full, read-only, damaged, of a newer broker. The message says which; the API answers 503.</summary>
internal sealed class StoreException(string message, Exception? inner = null) : Exception(message, inner);
