namespace Consoles.Tests.Fakes;

/// <summary>Tests of this collection run by themselves, when all others are through.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class Alone
{
    public const string Name = "alone";
}
