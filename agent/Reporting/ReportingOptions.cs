using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Consoles.Agent.Reporting;

/// <summary>How often the agent speaks, and for how long it waits.</summary>
internal sealed class ReportingOptions
{
    /// <summary>A report is sent this often even when nothing changes. The broker forgets a node's consoles after 30 s of silence.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:00:10")]
    public TimeSpan Interval { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Reports are at least this far apart; what changes in between is reported together.</summary>
    [Range(typeof(TimeSpan), "00:00:00.05", "00:00:05")]
    public TimeSpan Spacing { get; set; } = TimeSpan.FromMilliseconds(200);

    /// <summary>A broker that has not accepted a report after this long is left, and dialled anew.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:01:00")]
    public TimeSpan AnswerTimeout { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>How long the first report waits for libvirt: a whole report without a domain says that all of them are gone.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:01:00")]
    public TimeSpan FirstReportPatience { get; set; } = TimeSpan.FromSeconds(5);
}

[OptionsValidator]
internal sealed partial class ReportingOptionsValidator : IValidateOptions<ReportingOptions>;
