using Consoles.Broker.Access;
using Consoles.Broker.Tokens;
using Consoles.Common.Inventory;
using Consoles.Tests.Fakes;

namespace Consoles.Tests.Broker.Tokens;

public sealed class TokenUseTests : IAsyncLifetime
{
    private readonly TestClock _clock = new();
    private LiveBroker _broker = null!;

    private ConsoleTokens Tokens => _broker.Get<ConsoleTokens>();

    public async Task InitializeAsync() => _broker = await LiveBroker.StartAsync(_clock);

    public async Task DisposeAsync() => await _broker.DisposeAsync();

    [Fact]
    public void A_token_that_is_good_until_it_expires_is_used_again_and_again()
    {
        var token = Issue(TokenUse.UntilExpiry, TimeSpan.FromSeconds(600));

        Use(token).Should().NotBeNull();
        Use(token.ToUpperInvariant()).Should().Be(Use(token), because: "clients write host names in letters of any size");

        _clock.Advance(TimeSpan.FromSeconds(599));
        Use(token).Should().NotBeNull();
        _clock.Advance(TimeSpan.FromSeconds(1));
        Use(token).Should().BeNull();
    }

    [Fact]
    public void A_token_without_any_life_is_over_at_its_first_use() => Use(Issue(TokenUse.UntilExpiry, TimeSpan.Zero)).Should().BeNull();

    [Fact]
    public void A_revoked_token_is_used_no_more()
    {
        var token = Issue(TokenUse.UntilExpiry, TimeSpan.FromSeconds(600));
        Tokens.Revoke(Use(token)!.Id);

        Use(token).Should().BeNull();
    }

    [Theory]
    [InlineData(nameof(TokenUse.Once))]
    [InlineData(nameof(TokenUse.OnceByViewer))]
    public void A_token_for_one_session_cannot_be_used_again_and_again(string use)
    {
        var token = Issue(Enum.Parse<TokenUse>(use), lifetime: null);

        Use(token).Should().BeNull();
        Tokens.Redeem(ConsoleToken.Parse(token)!).Should().NotBeNull();
        Tokens.Redeem(ConsoleToken.Parse(token)!).Should().BeNull();
    }

    [Fact]
    public void A_token_that_is_good_until_it_expires_is_none_for_our_own_pages() =>
        Tokens.Redeem(ConsoleToken.Parse(Issue(TokenUse.UntilExpiry, TimeSpan.FromSeconds(600)))!).Should().BeNull();

    [Fact]
    public void Looking_at_a_token_is_no_use_of_it()
    {
        var token = Issue(TokenUse.UntilExpiry, TimeSpan.FromSeconds(600));
        var id = Tokens.Use(ConsoleToken.Parse(token)!, opens: false)!.Id;

        Tokens.Find(id)!.RedeemedAt.Should().BeNull();
        Use(token);
        Tokens.Find(id)!.RedeemedAt.Should().Be(_clock.GetUtcNow());
    }

    [Theory]
    [InlineData(nameof(TokenUse.OnceByViewer))]
    [InlineData(nameof(TokenUse.UntilExpiry))]
    public void Tokens_of_other_clients_fit_into_one_label_of_a_host_name(string use) => Issue(Enum.Parse<TokenUse>(use), lifetime: null).Should().MatchRegex("^[a-z2-7]{52}$");

    private ConsoleGrant? Use(string token) => Tokens.Use(ConsoleToken.Parse(token)!, opens: true);

    private string Issue(TokenUse use, TimeSpan? lifetime) => Tokens
        .Issue(new ConsoleWish(new Caller("ada", _broker.AdminKey.Id, ApiRole.Admin), LiveBroker.Run, "web1", "vnc0", ConsoleKind.Vnc, ConsoleRights.Control, lifetime, use))
        .Token.Reveal();
}
