using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Consoles.Agent.Identity;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Consoles.Agent.Rotation;

/// <summary>When a set is renewed, and how loud it gets when it is not: at half its life, as <see cref="RenewalSchedule"/> has it, or when the broker has another plan.</summary>
internal sealed class RotationSchedule(CurrentIdentity current, WantedPlan plan, IOptions<RotationOptions> options, TimeProvider clock, ILogger<CertificateRotation> logger)
{
    private readonly ConcurrentDictionary<string, SetFault> _faults = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, (DateTimeOffset NotBefore, DateTimeOffset NotAfter, string Serial)> _ends = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, RenewalUrgency> _warned = new(StringComparer.Ordinal);

    /// <summary>What went wrong with a directory's set last, or null when nothing did.</summary>
    public SetFault? FaultOf(string directory) => _faults.GetValueOrDefault(directory);

    /// <summary>Whether this agent renews the set.</summary>
    public bool IsOurs(SetOnDisk set) => !options.Value.ByHand && (!set.ByHand || options.Value.Adopt);

    public bool IsDue(SetOnDisk set)
    {
        var now = clock.GetUtcNow();

        if (!IsOurs(set) || now < FaultOf(set.Directory)?.RetryAt)
        {
            return false;
        }

        return set.Certificate is null || set.ByHand || IsPastHalf(set) || (plan.Current is { } wanted && !string.Equals(set.Plan, wanted, StringComparison.Ordinal));
    }

    /// <summary>A set that is due as soon as it is there would be ordered for ever: it is given time as one that failed.</summary>
    public void Judge(IEnumerable<SetOnDisk> installed)
    {
        foreach (var set in installed.Where(set => IsOurs(set) && FaultOf(set.Directory) is null && IsPastHalf(set)).DistinctBy(set => set.Directory, StringComparer.Ordinal))
        {
            Failed(set.Directory, "More than half of the new certificate's life was over when it came: the clocks differ, or who issues it backdates it.");
        }
    }

    private bool IsPastHalf(SetOnDisk set) =>
        set.Certificate is { } certificate && clock.GetUtcNow() >= RenewalSchedule.DueAt(certificate.NotBefore, certificate.NotAfter, JitterOf(current.Get().Identity.Node));

    /// <summary>The same for a node each time, from -1 to 1, so that a fleet's nodes are spread and each is predictable.</summary>
    public static double JitterOf(string node) =>
        (BinaryPrimitives.ReadUInt32BigEndian(SHA256.HashData(Encoding.UTF8.GetBytes(node))) / (double)uint.MaxValue * 2) - 1;

    public void Succeeded(string directory)
    {
        _faults.TryRemove(directory, out _);
        _warned.TryRemove(directory, out _);
    }

    public void Failed(string directory, string reason)
    {
        var failures = (FaultOf(directory)?.Failures ?? 0) + 1;
        var retry = RenewalSchedule.RetryAfter(failures, Random.Shared.NextDouble());
        var (notBefore, notAfter, serial) = _ends.GetValueOrDefault(directory, (DateTimeOffset.MinValue, DateTimeOffset.MaxValue, ""));
        _faults[directory] = new SetFault(reason, clock.GetUtcNow() + retry, failures, serial);

        switch (RenewalSchedule.UrgencyAt(clock.GetUtcNow(), notBefore, notAfter))
        {
            case RenewalUrgency.Low:
                logger.RotationFailed(directory, reason, retry);
                break;
            case RenewalUrgency.Raised:
                logger.RotationIsLate(directory, notAfter, reason, retry);
                break;
            default:
                logger.RotationIsVeryLate(directory, notAfter, reason, retry);
                break;
        }
    }

    /// <summary>Takes note of how long each set is good, and says when one that a person looks after is late.</summary>
    public void Note(IEnumerable<SetOnDisk> sets)
    {
        foreach (var set in sets.Where(set => set.Certificate is not null))
        {
            var certificate = set.Certificate!;
            _ends[set.Directory] = (certificate.NotBefore, certificate.NotAfter, certificate.Serial);

            // Somebody else has renewed it since, as a command beside this agent.
            if (FaultOf(set.Directory) is { } fault && fault.Serial != certificate.Serial)
            {
                Succeeded(set.Directory);
            }

            var urgency = RenewalSchedule.UrgencyAt(clock.GetUtcNow(), certificate.NotBefore, certificate.NotAfter);

            if (!IsOurs(set) && urgency != RenewalUrgency.Low && _warned.GetValueOrDefault(set.Directory) != urgency)
            {
                _warned[set.Directory] = urgency;
                logger.ByHandIsLate(set.Directory, certificate.NotAfter);
            }
        }
    }
}

/// <param name="RetryAt">When the next attempt is made.</param>
/// <param name="Failures">How many in a row.</param>
/// <param name="Serial">Of the certificate that was there then; empty: none was.</param>
internal sealed record SetFault(string Reason, DateTimeOffset RetryAt, int Failures, string Serial);
