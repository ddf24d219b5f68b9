using Consoles.Broker.Authority;

namespace Consoles.Broker.Nodes;

/// <summary>Says what a step of a roll-over still waits for.</summary>
internal sealed class RollOverProof(AuthorityState authority, CertificateProofs proofs)
{
    /// <param name="step">Null: what nodes have not done yet of what is wanted now.</param>
    /// <returns>What must come first, in words, a line each; and what is not waited for, though it matters.</returns>
    /// <exception cref="Store.StoreException">The store is not available.</exception>
    public (IReadOnlyList<string> Missing, IReadOnlyList<string> Beside) Judge(AuthorityCircle circle, RollOverStep? step)
    {
        var now = authority.Current;
        var (missing, beside) = (new List<string>(), new List<string>());

        switch (proofs.OldestVersion())
        {
            case null:
                missing.Add("No broker runs, so nobody knows what nodes have done.");
                break;

            case { } version when version < now.Version:
                missing.Add("A broker has not taken the latest change in yet, which takes a few seconds.");
                break;
        }

        foreach (var (node, reachable, proof) in proofs.Read())
        {
            var concerned = now.IssuingOf(node).Count > 0 || proof.Sets.Count > 0;
            var faults = concerned ? Faults(node, proof, now, circle, step).ToList() : [];

            if (concerned && !reachable)
            {
                beside.Add($"{node}: is silent, and is not waited for.");
            }
            else
            {
                missing.AddRange(faults);
            }
        }

        return (missing, beside);
    }

    private static IEnumerable<string> Faults(string node, NodeProof proof, AuthoritySnapshot now, AuthorityCircle circle, RollOverStep? step)
    {
        if (!proof.Reports)
        {
            yield return $"{node}: its agent says nothing of certificates.";
        }

        var plan = HostCertificates.PlanOf(now, node);

        foreach (var set in proof.Sets.Where(set => set.ByHand || set.Plan != plan))
        {
            yield return set.ByHand
                ? $"{node}: its {set.Use} files are looked after by hand. See that they agree, and force the step."
                : $"{node}: its {set.Use} files are not what is wanted now.";
        }

        // A guest that serves a leaf of the old root until it is restarted is refused when that root is gone, whether it is retired or a later one is dropped.
        var counts = proof.Stale.Where(console => (circle == AuthorityCircle.Hosts && step is (RollOverStep.Retire or RollOverStep.RollBack)) || !NodeProof.IsSpiceThatWaits(console)).ToList();

        foreach (var console in counts)
        {
            yield return $"{node}: {console.Name} is {console.Condition}{(console.By is { } by ? $", until {by:u}" : "")}.";
        }

        if (counts.Count > 0 && proof.StaleCount > proof.Stale.Count)
        {
            yield return $"{node}: {proof.StaleCount - proof.Stale.Count} more consoles.";
        }
    }
}
