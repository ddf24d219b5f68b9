using System.Text;
using Consoles.Agent.Inventory;

namespace Consoles.Tests.Agent.Inventory;

/// <summary>Whoever may define a guest writes parts of its XML. Each of these is refused, and the reason says why.</summary>
public class HostileDomainXmlTests
{
    [Fact]
    public void An_external_entity_is_refused_and_not_fetched()
    {
        var secret = Path.GetTempFileName();
        File.WriteAllText(secret, "the-secret");

        try
        {
            var refusal = Refusal($"<!DOCTYPE domain [<!ENTITY x SYSTEM 'file://{secret}'>]>{DomainXmlReaderTests.Domain("", name: "&x;")}");

            refusal.Should().Contain("DTD").And.NotContain("the-secret");
        }
        finally
        {
            File.Delete(secret);
        }
    }

    [Fact]
    public void A_billion_laughs_are_refused_at_the_first()
    {
        var entities = new StringBuilder("<!ENTITY a0 'ha'>");

        for (var i = 1; i < 10; i++)
        {
            entities.Append($"<!ENTITY a{i} '{string.Concat(Enumerable.Repeat($"&a{i - 1};", 10))}'>");
        }

        Refusal($"<!DOCTYPE domain [{entities}]>{DomainXmlReaderTests.Domain("", name: "&a9;")}").Should().Contain("DTD");
    }

    [Theory]
    [InlineData(65)]
    [InlineData(100_000)]
    public void Nesting_ends_at_the_limit(int depth)
    {
        var nested = string.Concat(Enumerable.Repeat("<a>", depth)) + string.Concat(Enumerable.Repeat("</a>", depth));

        Refusal(DomainXmlReaderTests.Domain(nested)).Should().Be("The XML is nested deeper than 64 elements.");
        Refusal(DomainXmlReaderTests.Domain($"<graphics type='vnc'>{nested}</graphics>")).Should().Be("The XML is nested deeper than 64 elements.");
    }

    [Fact]
    public void Nesting_within_the_limit_is_read() =>
        DomainXmlReader.Read(DomainXmlReaderTests.Domain(string.Concat(Enumerable.Repeat("<a>", 60)) + string.Concat(Enumerable.Repeat("</a>", 60)))).Name.Should().Be("web1");

    [Fact]
    public void A_document_larger_than_the_limit_is_refused_before_it_is_read() =>
        Refusal(DomainXmlReaderTests.Domain("", name: new string('x', DomainXmlReader.MaxCharacters))).Should().StartWith("The XML has 4194");

    [Fact]
    public void A_document_of_just_the_limit_is_read()
    {
        var padding = DomainXmlReader.MaxCharacters - DomainXmlReaderTests.Domain("<a></a>").Length;

        DomainXmlReader.Read(DomainXmlReaderTests.Domain($"<a>{new string('x', padding)}</a>")).Name.Should().Be("web1");
    }

    [Theory]
    [InlineData("<graphics type='vnc' port='5900' port='5901'/>", "duplicate attribute")]
    [InlineData("<graphics type='vnc' port='70000'/>", "vnc0's port is not a port: 70000")]
    [InlineData("<graphics type='vnc' port='5900; rm -rf /'/>", "vnc0's port is not a port")]
    [InlineData("<graphics type='vnc' port='99999999999999999999'/>", "vnc0's port is not a port")]
    [InlineData("<graphics type='vnc'><listen type='carrier-pigeon'/></graphics>", "listens in a way that is not known: carrier-pigeon")]
    [InlineData("<graphics type='vnc'><listen type='address' address='10.0.0.1&#10;Host: evil'/></graphics>", "10.0.0.1\\u000aHost: evil")]
    [InlineData("<graphics type='vnc' keymap='&#x202e;ed'/>", "keymap holds a character that cannot be seen: \\u202eed")]
    [InlineData("<serial type='pty'><alias name='&#27;[2J'/></serial>", "not well formed or not allowed")]
    [InlineData("<serial type='pty'><alias name='serial0'/></serial><serial type='pty'><alias name='serial0'/></serial>", "Two consoles have the same alias.")]
    [InlineData("<graphics type='vnc'", "not well formed or not allowed")]
    public void A_device_that_libvirt_would_not_write_is_refused(string device, string reason) =>
        Refusal(DomainXmlReaderTests.Domain(device)).Should().Contain(reason);

    [Fact]
    public void A_name_with_control_characters_is_refused_and_the_reason_shows_them_harmlessly() =>
        Refusal(DomainXmlReaderTests.Domain("", name: "web&#9;1")).Should().Be("the name holds a character that cannot be seen: web\\u00091");

    [Fact]
    public void A_value_longer_than_its_limit_is_refused() =>
        Refusal(DomainXmlReaderTests.Domain($"<serial type='unix'><source path='/{new string('x', 5000)}'/></serial>")).Should().Be("serial0's socket has 5001 characters, more than 4096.");

    [Theory]
    [InlineData(65)]
    [InlineData(100_000)]
    public void More_consoles_than_a_guest_can_have_are_refused(int count) =>
        Refusal(DomainXmlReaderTests.Domain(string.Concat(Enumerable.Repeat("<graphics type='vnc'/>", count)))).Should().Contain("more than 64 consoles");

    [Fact]
    public void More_parts_than_a_console_can_have_are_refused() =>
        Refusal(DomainXmlReaderTests.Domain($"<graphics type='vnc'>{string.Concat(Enumerable.Repeat("<listen/>", 100_000))}</graphics>")).Should().Contain("more than 64 children");

    [Theory]
    [InlineData("")]
    [InlineData("not xml at all")]
    [InlineData("<network id='1'/>")]
    [InlineData("<domain id='1'><name>x</name></domain>")]
    [InlineData("<domain id='1'><uuid>4dea22b3-1d52-d8f3-2516-782e98ab3fa0</uuid></domain>")]
    [InlineData("<domain id='one'><name>x</name><uuid>4dea22b3-1d52-d8f3-2516-782e98ab3fa0</uuid></domain>")]
    [InlineData("<domain id='1'><name><name>x</name></name><uuid>4dea22b3-1d52-d8f3-2516-782e98ab3fa0</uuid></domain>")]
    public void What_is_no_domain_is_refused(string xml) => Refusal(xml).Should().NotBeEmpty();

    [Fact]
    public void Every_beginning_of_a_sample_is_refused_and_none_does_harm()
    {
        var sample = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Samples", "serials.xml")).TrimEnd();

        for (var length = 0; length < sample.Length; length += 7)
        {
            Refusal(sample[..length]).Should().NotBeEmpty();
        }
    }

    private static string Refusal(string xml)
    {
        var reading = () => DomainXmlReader.Read(xml);
        return reading.Should().Throw<DomainXmlException>().Which.Message;
    }
}
