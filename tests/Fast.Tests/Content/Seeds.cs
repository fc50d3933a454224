using FsCheck;
using FsCheck.Fluent;

namespace Stateway.Fast.Tests.Content;

internal static class Seeds
{
    /// <summary>Of all sizes; FsCheck's own integers stay small.</summary>
    public static Arbitrary<int> All { get; } = Gen.Choose(0, int.MaxValue).ToArbitrary();
}
