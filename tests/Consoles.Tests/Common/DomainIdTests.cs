using Consoles.Common.Inventory;

namespace Consoles.Tests.Common;

public class DomainIdTests
{
    [Theory]
    [InlineData("4dea22b3-1d52-d8f3-2516-782e98ab3fa0", true)]
    [InlineData("4DEA22B3-1D52-D8F3-2516-782E98AB3FA0", true)]
    [InlineData("4dea22b31d52d8f32516782e98ab3fa0", false)]
    [InlineData("{4dea22b3-1d52-d8f3-2516-782e98ab3fa0}", false)]
    [InlineData("web1", false)]
    [InlineData("", false)]
    [InlineData(null, false)]
    public void A_domain_id_is_a_uuid_in_libvirts_spelling(string? text, bool accepted)
    {
        DomainId.TryParse(text, null, out var id).Should().Be(accepted);

        if (accepted)
        {
            id.ToString().Should().Be("4dea22b3-1d52-d8f3-2516-782e98ab3fa0");
        }
    }
}
