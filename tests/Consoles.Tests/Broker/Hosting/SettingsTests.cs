using System.ComponentModel.DataAnnotations;
using Consoles.Broker;
using Consoles.Broker.Hosting;
using Consoles.Tests.Fakes;

namespace Consoles.Tests.Broker.Hosting;

public sealed class SettingsTests : IDisposable
{
    private readonly TempDirectory _state = new();

    public void Dispose() => _state.Dispose();

    [Fact]
    public void Every_fault_of_every_slice_is_listed_with_the_value_found()
    {
        var faults = Faults(
            "--Listeners:People:Port=70000",
            "--Listeners:Agents:Port=many",
            "--Listeners:People:Address=example.test",
            "--Store:BusyTimeout=4.03:00:00",
            "--Store:Direktory=/x",
            "--Authority:Names:0=Not_A_Name",
            "--Log:Format=xml",
            "--Nonsense=1");

        faults.Should().HaveCount(8);
        faults.Should().ContainSingle(fault => fault.Contains("Listeners:People:Port") && fault.Contains("70000"));
        faults.Should().ContainSingle(fault => fault.Contains("Listeners:Agents:Port") && fault.Contains("many"));
        faults.Should().ContainSingle(fault => fault.Contains("Listeners:People:Address") && fault.Contains("example.test"));
        faults.Should().ContainSingle(fault => fault.Contains("Store:BusyTimeout") && fault.Contains("4.03:00:00"));
        faults.Should().ContainSingle(fault => fault.StartsWith("Store:Direktory: there is no such option"));
        faults.Should().ContainSingle(fault => fault.Contains("Authority:Names") && fault.Contains("Not_A_Name"));
        faults.Should().ContainSingle(fault => fault.Contains("Log:Format") && fault.Contains("xml"));
        faults.Should().ContainSingle(fault => fault.StartsWith("Nonsense: there is no such option"));
    }

    [Theory]
    [InlineData("0.0.0.0", "http", false)]
    [InlineData("::", "http", false)]
    [InlineData("192.0.2.1", "http", false)]
    [InlineData("127.0.0.1", "http", true)]
    [InlineData("::1", "http", true)]
    [InlineData("0.0.0.0", "https", true)]
    public void Plain_http_is_for_loopback_alone(string address, string scheme, bool accepted) =>
        Faults($"--Listeners:People:Address={address}", $"--Listeners:People:Scheme={scheme}").Should().HaveCount(accepted ? 0 : 1);

    [Theory]
    [InlineData("127.0.0.1", "Http", "127.0.0.1")]
    [InlineData("0.0.0.0", "Https", "0.0.0.0")]
    public void What_is_not_said_follows_from_where_people_are_awaited(string address, string scheme, string agents)
    {
        var options = new ListenersOptions { People = new PeopleListenerOptions { Address = address } };

        options.People.EffectiveScheme.ToString().Should().Be(scheme);
        options.AgentsAddress.ToString().Should().Be(agents);
    }

    [Fact]
    public void A_certificate_that_cannot_be_read_is_a_fault_with_its_file()
    {
        File.WriteAllText(_state["c.pem"], "rubbish");

        Faults($"--Listeners:People:CertificateFile={_state["c.pem"]}", $"--Listeners:People:KeyFile={_state["none.pem"]}")
            .Should().ContainSingle().Which.Should().Contain(_state["c.pem"]);
        Faults("--Listeners:People:KeyFile=/k.pem").Should().ContainSingle().Which.Should().Contain("together");
    }

    [Fact]
    public void The_command_line_counts_before_the_environment_and_that_before_the_file()
    {
        // Other tests' brokers and agents read the same environment meanwhile, and make nothing of these names.
        File.WriteAllText(_state["settings.json"], """{ "Logging": { "Line": "/file", "Environment": "/file", "Names": ["file.example"] } }""");

        var builder = Microsoft.AspNetCore.Builder.WebApplication.CreateSlimBuilder();
        Environment.SetEnvironmentVariable("CONSOLES_Logging__Line", "/environment");
        Environment.SetEnvironmentVariable("CONSOLES_Logging__Environment", "/environment");

        try
        {
            builder.AddSettings([$"--Config={_state["settings.json"]}", "--Logging:Line=/line"]);
        }
        finally
        {
            Environment.SetEnvironmentVariable("CONSOLES_Logging__Line", null);
            Environment.SetEnvironmentVariable("CONSOLES_Logging__Environment", null);
        }

        builder.Configuration["Logging:Line"].Should().Be("/line");
        builder.Configuration["Logging:Environment"].Should().Be("/environment");
        builder.Configuration["Logging:Names:0"].Should().Be("file.example");
    }

    [Theory]
    [InlineData("{ \"Store\": ")]
    [InlineData(null)]
    public void A_settings_file_that_is_missing_or_broken_is_a_fault(string? text)
    {
        if (text is not null)
        {
            File.WriteAllText(_state["settings.json"], text);
        }

        Faults($"--Config={_state["settings.json"]}").Should().ContainSingle().Which.Should().StartWith("Config: ").And.Contain("settings.json");
    }

    [Fact]
    public void The_value_of_a_secret_is_not_shown()
    {
        var builder = Microsoft.AspNetCore.Builder.WebApplication.CreateSlimBuilder();
        builder.AddSettings(["--Sample:Password=hunter2", "--Sample:Count=x", "--Sample:Inner:Word=much too long"]);
        builder.AddValidatedOptions<Sample>("Sample");

        var faults = builder.Invoking(checking => checking.CheckSettings()).Should().Throw<SettingsException>().Which.Faults;

        faults.Should().HaveCount(3);
        faults.Should().ContainSingle(fault => fault.Contains("Sample:Password"));
        faults.Should().ContainSingle(fault => fault.Contains("Sample:Inner:Word") && fault.Contains("much too long"));
        faults.Should().NotContain(fault => fault.Contains("hunter2"));
    }

    [Theory]
    [InlineData("10.0.8", false)]
    [InlineData("9.0.20", false)]
    [InlineData("10.0.9", true)]
    [InlineData("11.0.0", true)]
    public void A_runtime_with_known_holes_is_refused(string version, bool accepted)
    {
        var check = FluentActions.Invoking(() => RuntimeFloor.Check(Version.Parse(version)));

        if (accepted)
        {
            check.Should().NotThrow();
        }
        else
        {
            check.Should().Throw<StartException>().WithMessage($"*{version}*10.0.9*");
        }
    }

    private IReadOnlyList<string> Faults(params string[] args)
    {
        try
        {
            using var broker = BrokerHost.BuildForCommand([.. args.Prepend($"--Store:Directory={_state.Path}")]);
            return [];
        }
        catch (SettingsException e)
        {
            return e.Faults;
        }
    }

    private sealed class Sample
    {
        [Secret, MaxLength(3)]
        public string? Password { get; set; }

        public int Count { get; set; }

        public Part Inner { get; set; } = new();
    }

    private sealed class Part
    {
        [MaxLength(3)]
        public string? Word { get; set; }
    }
}
