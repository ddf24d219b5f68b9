namespace Consoles.Agent.QemuConf;

/// <summary>qemu.conf cannot be read as libvirt reads it, or must not be changed as wanted. The message says where and why.</summary>
internal sealed class QemuConfException(string message, Exception? inner = null) : Exception(message, inner);
