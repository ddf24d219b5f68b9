namespace Consoles.Tests.Broker.Nova.Api;

/// <summary>One broker for all tests of a class. Each begins with the one guest, running.</summary>
public sealed class SharedNova : IAsyncLifetime
{
    private NovaUnderTest _nova = null!;

    internal NovaUnderTest Nova
    {
        get
        {
            _nova.Broker.Report(NovaUnderTest.Guest());
            _nova.Agents.Script = null;
            _nova.Agents.Refusal = null;
            _nova.Agents.Asked.Clear();
            return _nova;
        }
    }

    public async Task InitializeAsync() => _nova = await NovaUnderTest.StartAsync(clock: null, "--Tokens:IssuedPerMinute=10000");

    public async Task DisposeAsync() => await _nova.DisposeAsync();
}
