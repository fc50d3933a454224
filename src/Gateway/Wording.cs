namespace Stateway.Gateway;

/// <summary>Sentences that several problems share.</summary>
public static class Wording
{
    /// <summary><c>1 field is wrong.</c>, <c>2 fields are wrong.</c></summary>
    public static string Count(int count, string noun) => count == 1 ? $"1 {noun} is wrong." : $"{count} {noun}s are wrong.";
}
