namespace Consoles.Broker.Store;

/// <summary>Opens the store before anything listens: a broker without one does not start.</summary>
internal sealed class StoreOpening(Database database) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        database.Open();
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
