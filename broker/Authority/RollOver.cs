using Dapper;
using Microsoft.Data.Sqlite;

namespace Consoles.Broker.Authority;

/// <summary>The steps by which a circle gets a new root while guests run. Each is one transaction, and doing it twice is doing it once.</summary>
/// <remarks>
/// next → current → previous → retired. What is trusted changes one step before what is issued, and is dropped one step after. Whether a step may be
/// taken is for the caller to judge (<see cref="Dares"/>): only who hears of the nodes knows.
/// </remarks>
internal sealed class RollOver(AuthorityState state, AuthorityRoots roots, TimeProvider clock)
{
    /// <summary>Whether the step takes something away that nodes or brokers may still rely on, so that they must have proved the step before.</summary>
    public static bool Dares(AuthoritySnapshot now, AuthorityCircle circle, RollOverStep step) => step switch
    {
        RollOverStep.Activate => Has(now, circle, RootState.Next),
        RollOverStep.Retire => Has(now, circle, RootState.Previous),
        RollOverStep.RollBack => now.Of(circle).Any(root => root is { State: RootState.Next, WasActive: true }),
        _ => false,
    };

    /// <returns>What was done, in words; or that it was done before.</returns>
    /// <exception cref="RollOverException">It is not the turn of that step.</exception>
    /// <exception cref="Store.StoreException">The store is not available; nothing was changed.</exception>
    public string Take(AuthorityCircle circle, RollOverStep step) => state.Change((store, now) =>
    {
        var (next, previous) = (Find(now, circle, RootState.Next), Find(now, circle, RootState.Previous));

        return (step, next, previous) switch
        {
            (RollOverStep.Prepare, not null, _) => $"Root {next.Number} of {circle.Word} is prepared already.",
            (RollOverStep.Prepare, _, not null) => throw new RollOverException($"Root {previous.Number} of {circle.Word} is not retired yet. Retire it, or roll back."),
            (RollOverStep.Prepare, _, _) => Prepare(store, circle),
            (RollOverStep.Activate, not null, _) => Activate(store, circle, next.Number),
            (RollOverStep.Activate, _, not null) => $"Root {now.CurrentOf(circle).Number} of {circle.Word} is active already.",
            (RollOverStep.Activate, _, _) => throw new RollOverException($"No root of {circle.Word} is prepared."),
            (RollOverStep.Retire, _, not null) => Retire(store, circle, previous.Number, $"Retired root {previous.Number} of {circle.Word}: it is trusted no more."),
            (RollOverStep.Retire, not null, _) => throw new RollOverException($"Root {next.Number} of {circle.Word} is not active yet: there is nothing to retire."),
            (RollOverStep.Retire, _, _) => $"There is no root of {circle.Word} left to retire.",
            (_, not null, _) => Retire(store, circle, next.Number, $"Dropped root {next.Number} of {circle.Word}: all is as before it was prepared."),
            (_, _, not null) => Restore(store, circle, now.CurrentOf(circle).Number, previous.Number),
            _ => $"There is nothing of {circle.Word} to roll back.",
        };
    });

    /// <summary>Gives brokers a new root at once, and takes every other one out of what nodes are to trust.</summary>
    /// <returns>The number of the new root.</returns>
    /// <exception cref="Store.StoreException">The store is not available; nothing was changed.</exception>
    public int Revoke(AuthorityCircle circle) => state.Change((store, _) =>
    {
        var number = Further(store, circle);
        store.Execute("UPDATE authority_roots SET state = 'retired' WHERE circle = @circle", new { circle = circle.Word });
        store.Execute(
            "INSERT INTO authority_roots (circle, number, state, activated_at) VALUES (@circle, @number, 'current', @now)",
            new { circle = circle.Word, number, now = clock.GetUtcNow() });
        return number;
    });

    private static bool Has(AuthoritySnapshot now, AuthorityCircle circle, RootState wanted) => Find(now, circle, wanted) is not null;

    private static AuthorityRoot? Find(AuthoritySnapshot now, AuthorityCircle circle, RootState wanted) => now.Of(circle).FirstOrDefault(root => root.State == wanted);

    private string Prepare(SqliteConnection store, AuthorityCircle circle)
    {
        var number = Further(store, circle);
        store.Execute("INSERT INTO authority_roots (circle, number, state) VALUES (@circle, @number, 'next')", new { circle = circle.Word, number });
        return $"Prepared root {number} of {circle.Word}: it is trusted, and nothing is issued from it yet.";
    }

    // The file before the row: one that a killed process left behind is as good as a new one.
    private int Further(SqliteConnection store, AuthorityCircle circle)
    {
        var number = store.ExecuteScalar<int>("SELECT max(number) + 1 FROM authority_roots WHERE circle = @circle", new { circle = circle.Word });
        roots.MakeFurther(circle, number);
        return number;
    }

    private string Activate(SqliteConnection store, AuthorityCircle circle, int next)
    {
        Move(store, circle, "current", "previous");
        Move(store, circle, "next", "current");
        store.Execute("UPDATE authority_roots SET activated_at = @now WHERE circle = @circle AND number = @next", new { circle = circle.Word, next, now = clock.GetUtcNow() });
        return $"Activated root {next} of {circle.Word}: what is issued from now on is issued from it.";
    }

    private static string Restore(SqliteConnection store, AuthorityCircle circle, int current, int previous)
    {
        Move(store, circle, "current", "next");
        Move(store, circle, "previous", "current");
        return $"Rolled back to root {previous} of {circle.Word}: what is issued is issued from it again, and root {current} is still trusted.";
    }

    private string Retire(SqliteConnection store, AuthorityCircle circle, int number, string words)
    {
        store.Execute("UPDATE authority_roots SET state = 'retired' WHERE circle = @circle AND number = @number", new { circle = circle.Word, number });

        if (circle == AuthorityCircle.Hosts)
        {
            IssuingAuthorities.WithdrawUnder(store, number, clock.GetUtcNow());
        }

        return words;
    }

    private static void Move(SqliteConnection store, AuthorityCircle circle, string from, string to) =>
        store.Execute("UPDATE authority_roots SET state = @to WHERE circle = @circle AND state = @from", new { circle = circle.Word, from, to });
}

/// <summary>A step of a roll-over.</summary>
internal enum RollOverStep
{
    /// <summary>Make a new root, and have everybody trust it.</summary>
    Prepare,

    /// <summary>Issue from it.</summary>
    Activate,

    /// <summary>Trust the old one no more.</summary>
    Retire,

    /// <summary>Undo the step before, as long as nothing is retired.</summary>
    RollBack,
}

/// <summary>A step of a roll-over cannot be taken now; the message says why.</summary>
internal sealed class RollOverException(string message) : Exception(message);
