using System.Text;
using Consoles.Broker.Access;
using Consoles.Broker.Nodes;
using Consoles.Broker.Nova.Api;
using Consoles.Common.Link;
using Consoles.Tests.Fakes;

namespace Consoles.Tests.Broker.Nova.Api;

public sealed class ConsoleOutputTests(SharedNova shared) : IClassFixture<SharedNova>
{
    private readonly NovaUnderTest _nova = shared.Nova;

    [Fact]
    public async Task API_the_output_is_what_the_first_console_showed_at_most_100_KiB_of_it()
    {
        Shows("one\ntwo\n");

        var answer = await _nova.ActAsync("""{"os-getConsoleOutput":{}}""");

        answer.Status.Should().Be(200, because: answer.Body);
        answer.Body.Should().Be("""{"output":"one\ntwo\n"}""");
        _nova.Agents.Asked.Single().Should().Be(("node1", LiveBroker.Run, (StreamSource)new SerialPastSource("serial0", 100 * 1024)));
    }

    [Theory]
    [InlineData("null", "a\nb\nc\nd")]
    [InlineData("-1", "a\nb\nc\nd")]
    [InlineData("\"-1\"", "a\nb\nc\nd")]
    [InlineData("0", "")]
    [InlineData("1", "d")]
    [InlineData("\"2\"", "c\nd")]
    [InlineData("99999999999999999999999", "a\nb\nc\nd")]
    public async Task API_length_counts_lines_from_the_end(string length, string output)
    {
        Shows("a\nb\nc\nd");

        var answer = await _nova.ActAsync($$$"""{"os-getConsoleOutput":{"length":{{{length}}}}}""", "2.100");

        answer.Status.Should().Be(200, because: answer.Body);
        answer.Json.GetProperty("output").GetString().Should().Be(output);
    }

    [Theory]
    [InlineData("-2", "Invalid input for field/attribute length. Value: -2. -2 is less than the minimum of -1")]
    [InlineData("\"-2\"", "is less than the minimum of -1")]
    [InlineData("\"many\"", "Invalid input for field/attribute length. Value: many. 'many' does not match '^-?[0-9]+$'")]
    [InlineData("1.5", "1.5 is not of type 'integer', 'string', 'null'")]
    [InlineData("[]", "[] is not of type")]
    public async Task API_a_length_that_is_none_is_a_bad_request(string length, string message)
    {
        var answer = await _nova.ActAsync($$$"""{"os-getConsoleOutput":{"length":{{{length}}}}}""");

        answer.Status.Should().Be(400);
        answer.Json.GetProperty("badRequest").GetProperty("message").GetString().Should().Contain(message);
    }

    [Fact]
    public void API_control_characters_are_left_out_and_what_is_not_ASCII_is_replaced()
    {
        var all = Enumerable.Range(0, 256).Select(value => (byte)value).ToArray();

        var text = ConsoleOutput.Text(all, lines: null);

        text.Should().Be("\t\n" + string.Concat(Enumerable.Range(0x20, 0x60).Select(value => (char)value)) + new string('\ufffd', 128));
    }

    [Fact]
    public async Task API_a_guest_without_a_serial_console_has_no_output_and_one_that_does_not_run_conflicts()
    {
        _nova.Broker.Report(NovaUnderTest.Guest(consoles: NovaUnderTest.Vnc));
        (await _nova.ActAsync("""{"os-getConsoleOutput":{}}""")).Body.Should().Be("""{"itemNotFound":{"code":404,"message":"Guest does not have a console available."}}""");

        _nova.Broker.Report(NovaUnderTest.Guest(state: "shutoff"));
        (await _nova.ActAsync("""{"os-getConsoleOutput":{}}""")).Status.Should().Be(409);
        (await _nova.ActAsync("""{"os-getConsoleOutput":{}}""", id: "web9")).Status.Should().Be(404);
    }

    [Theory]
    [InlineData(nameof(StreamFault.Held), 409)]
    [InlineData(nameof(StreamFault.NoSuchRun), 409)]
    public async Task API_an_agent_that_refuses_says_why(string fault, int status)
    {
        _nova.Agents.Refusal = new AgentStreamException(Enum.Parse<StreamFault>(fault), "virsh has it.");

        var answer = await _nova.ActAsync("""{"os-getConsoleOutput":{}}""");

        answer.Status.Should().Be(status);
        answer.Body.Should().Contain("virsh has it.");
    }

    [Fact]
    public async Task API_the_output_is_for_members()
    {
        Shows("x");

        (await _nova.ActAsync("""{"os-getConsoleOutput":{}}""", token: _nova.Key(ApiRole.Viewer))).Body.Should().Contain("os_compute_api:os-console-output");
        (await _nova.ActAsync("""{"os-getConsoleOutput":{}}""", token: _nova.Key(ApiRole.Operator))).Status.Should().Be(200);
    }

    private void Shows(string text) => _nova.Agents.Script = async (stream, _) =>
    {
        await stream.WriteAsync(Encoding.Latin1.GetBytes(text));
        await stream.DisposeAsync();
    };
}
