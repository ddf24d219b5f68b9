using Consoles.Broker.Sessions.Spice;
using Consoles.Broker.Tokens;
using Consoles.Tests.Fakes;
using FsCheck;
using FsCheck.Fluent;

namespace Consoles.Tests.Broker.Sessions.Spice;

public sealed class SpiceMessagesTests
{
    private static readonly byte[] Ack = SpiceSamples.Message(2);
    private static readonly byte[] Pong = SpiceSamples.Message(3, 1, 2, 3);
    private static readonly byte[] Key = SpiceSamples.Message(101, 30, 0, 0, 0);
    private static readonly byte[] Agent = SpiceSamples.Message(107, "clipboard"u8);
    private static readonly byte[] Attach = SpiceSamples.Message(104);
    private static readonly byte[] MigrateData = SpiceSamples.Message(5, 1, 2);

    [Theory]
    [InlineData("View", false)]
    [InlineData("Control", true)]
    [InlineData("Force", true)]
    public async Task Keys_and_pointer_go_on_only_where_rights_allow_it(string rights, bool goOn)
    {
        var used = 0;
        var button = SpiceSamples.Message(113, 1, 0, 0);
        var (passed, _) = await ReadAsync(SpiceChannelType.Inputs, rights, [.. Ack, .. Key, .. Pong, .. button], int.MaxValue, () => used++);

        passed.Should().Equal(goOn ? [.. Ack, .. Key, .. Pong, .. button] : [.. Ack, .. Pong]);
        used.Should().BePositive(because: "a viewer that may not act is there all the same");
    }

    [Theory]
    [InlineData("View")]
    [InlineData("Control")]
    [InlineData("Force")]
    public async Task Nothing_goes_to_the_agent_in_the_guest(string rights)
    {
        var used = 0;
        byte[] said = [.. Attach, .. SpiceSamples.Message(106, 10, 0, 0, 0), .. Agent, .. SpiceSamples.Message(108, 1, 0, 0, 0), .. Ack];
        var (passed, _) = await ReadAsync(SpiceChannelType.Main, rights, said, int.MaxValue, () => used++);
        passed.Should().Equal([.. Attach, .. Ack]);
        used.Should().Be(0);
    }

    [Theory]
    [InlineData("View", false)]
    [InlineData("Control", true)]
    public async Task How_the_pointer_works_is_chosen_only_where_rights_allow_it(string rights, bool goesOn)
    {
        var mode = SpiceSamples.Message(105, 2, 0);
        var (passed, _) = await ReadAsync(SpiceChannelType.Main, rights, [.. Attach, .. mode], int.MaxValue);
        passed.Should().Equal(goesOn ? [.. Attach, .. mode] : Attach);
    }

    [Theory]
    [InlineData(107)]
    [InlineData(108)]
    [InlineData(109)]
    [InlineData(110)]
    [InlineData(115)]
    public void Nothing_of_the_agent_in_the_guest_goes_to_the_viewer(int type)
    {
        var messages = new SpiceMessages("The guest", SpiceRules.OfGuest, 1024);
        byte[] said = [.. SpiceSamples.Message(type, "clipboard"u8), .. SpiceSamples.Message(4, 1)];
        var output = new byte[said.Length];
        output[..messages.Filter(said, output)].Should().Equal(SpiceSamples.Message(4, 1));
    }

    [Theory]
    [InlineData("Main")]
    [InlineData("Display")]
    [InlineData("Inputs")]
    [InlineData("Cursor")]
    public async Task No_viewer_takes_part_in_a_migration(string channel)
    {
        var (passed, _) = await ReadAsync(Enum.Parse<SpiceChannelType>(channel), "Control", [.. MigrateData, .. Ack], int.MaxValue);
        passed.Should().Equal(Ack);
    }

    [Theory]
    [InlineData(101)]
    [InlineData(111)]
    [InlineData(112)]
    [InlineData(116)]
    [InlineData(1)]
    public void No_guest_sends_its_viewer_to_another_host(int type)
    {
        var messages = new SpiceMessages("The guest", SpiceRules.OfGuest, 1024);
        byte[] said = [.. SpiceSamples.Init(1), .. SpiceSamples.Message(type, "other-host"u8), .. SpiceSamples.Message(4, 1)];
        var output = new byte[said.Length];
        output[..messages.Filter(said, output)].Should().Equal([.. SpiceSamples.Init(1), .. SpiceSamples.Message(4, 1)]);
    }

    [Fact]
    public async Task A_message_that_is_too_long_ends_the_channel_in_words()
    {
        var (passed, refused) = await ReadAsync(SpiceChannelType.Inputs, "Control", [.. Ack, 101, 0, 1, 4, 0, 0], 6);
        passed.Should().Equal(Ack);
        refused.Should().Be("The viewer announced a SPICE message of 1025 bytes; 1024 is the limit.");
    }

    [Fact]
    public void However_the_bytes_arrive_the_same_ones_go_on() =>
        Prop.ForAll(
            Gen.Elements<byte[]>([Ack, Pong, Key, Agent, Attach, MigrateData]).ArrayOf().ToArbitrary(),
            Gen.Choose(1, 70).ToArbitrary(),
            Gen.Elements(SpiceChannelType.Main, SpiceChannelType.Inputs, SpiceChannelType.Display).ToArbitrary(),
            static (messages, pieces, channel) =>
            {
                byte[] said = [.. messages.SelectMany(message => message)];
                var whole = ReadAsync(channel, "View", said, int.MaxValue).Result.Passed;
                return ReadAsync(channel, "View", said, pieces).Result.Passed.AsSpan().SequenceEqual(whole);
            }).QuickCheckThrowOnFailure();

    private static async Task<(byte[] Passed, string? Refused)> ReadAsync(SpiceChannelType channel, string rights, byte[] said, int pieces, Action? onInput = null)
    {
        var messages = new SpiceMessages("The viewer", SpiceRules.OfViewer(channel, Enum.Parse<ConsoleRights>(rights)), 1024);
        await using var filter = new SpiceFilter(new ScriptedStream(said, pieces), messages, onInput);
        using var passed = new MemoryStream();
        var buffer = new byte[Math.Min(pieces, 4096)];

        try
        {
            while (await filter.ReadAsync(buffer) is > 0 and var read)
            {
                passed.Write(buffer, 0, read);
            }

            return (passed.ToArray(), null);
        }
        catch (SpiceException e)
        {
            return (passed.ToArray(), e.Message);
        }
    }
}
