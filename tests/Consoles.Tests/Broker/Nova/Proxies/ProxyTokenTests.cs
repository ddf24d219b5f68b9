using Consoles.Broker.Nova.Proxies;
using FsCheck;
using FsCheck.Fluent;
using Microsoft.Extensions.Primitives;

namespace Consoles.Tests.Broker.Nova.Proxies;

/// <summary>The token of a cookie, whatever else the cookies hold.</summary>
public sealed class ProxyTokenTests
{
    private static readonly Config Runs = Config.QuickThrowOnFailure.WithMaxTest(10_000).WithEndSize(40);

    // What parsers of cookies have stumbled over, and any byte that a header may have, as Latin-1.
    private static readonly Gen<string> Junk = Gen.OneOf(
        Gen.Elements("", " ", "=", "==", "a=b", "a=\"", "\"a\"=b", "tok en=x", "Token=x", "$Version=1", "a=b,c=d", "token", "token=", "=token=x", "a=\\\"", "{\"a\":1}", "a=%3Btoken%3Dx", "b=\u00fc", "@", "["),
        Gen.Choose(0x20, 0xff).Where(one => one is not (0x7f or ';')).Select(one => (char)one).ArrayOf().Select(all => new string(all)))
        .Where(part => !part.Trim().StartsWith("token", StringComparison.Ordinal) || part is "token" or "token=");

    private static readonly Gen<string[]> Cookies = Junk.ArrayOf();

    [Fact]
    public void NV_04_ten_thousand_malformed_cookies_neither_hide_the_token_nor_make_one() =>
        Prop.ForAll(Cookies.ToArbitrary(), Cookies.ToArbitrary(), Gen.Elements(";", "; ", " ;  ").ToArbitrary(), static (before, behind, between) =>
        {
            var with = string.Join(between, [.. before, "token=abc", .. behind]);
            var without = string.Join(between, [.. before, .. behind]);
            return ProxyToken.OfCookies(with, out _) == "abc" && ProxyToken.OfCookies(without, out _) is null && ProxyToken.OfCookies(new StringValues([without, with]), out _) == "abc";
        }).Check(Runs);
}
