namespace Stateway.Model.Apis.Text;

/// <summary>What a text may be at most, so that reading one always ends soon.</summary>
public static class TextLimits
{
    public const int BytesMax = 10 * 1024 * 1024;

    /// <summary>Lists and mappings inside each other. The same as for every JSON body.</summary>
    public const int DepthMax = 64;

    /// <summary>Counted after aliases and merges: what ten lines of aliases stand for can be billions of nodes.</summary>
    public const int NodesMax = 1_000_000;

    /// <summary>Digits, sign, point and exponent of one number.</summary>
    public const int NumberLengthMax = 400;
}
