using Consoles.Broker.Hosting;
using Microsoft.Extensions.Options;

namespace Consoles.Broker.Viewers;

/// <summary>The viewers that have not shown a token yet.</summary>
internal sealed class WaitingViewers(IOptions<ViewersOptions> options, DescriptorBudget descriptors) : WaitingRoom(Math.Min(options.Value.MaxWaiting, descriptors.Connections));
