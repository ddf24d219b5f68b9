using Consoles.Common.Relaying;

namespace Consoles.Common.Rfb;

/// <summary>A viewer's stream from which only sound messages are read, and none that the viewer has no right to.</summary>
/// <remarks>What is written goes to the viewer as it is. Reading throws <see cref="RfbException"/> when the viewer sends what no server may be sent.</remarks>
internal sealed class RfbViewerFilter(Stream viewer, bool viewOnly, TimeProvider clock) : ViewerFilter(viewer, new RfbViewerMessages(viewOnly), clock);
