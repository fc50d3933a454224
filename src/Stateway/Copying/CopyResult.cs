namespace Stateway.Copying;

/// <summary>What became of a copy.</summary>
internal abstract record CopyResult
{
    private CopyResult() { } // closed

    /// <param name="Entries">As of the revision where the copy began.</param>
    /// <param name="Changes">That were made meanwhile, and followed.</param>
    /// <param name="Revision">Of the source, that the target agrees with.</param>
    public sealed record Done(long Entries, long Changes, int Collections, long Revision) : CopyResult;

    /// <summary>Nothing was changed.</summary>
    public sealed record Refused(string Message) : CopyResult;

    /// <summary>The target is filled in part; a copy into it begins again.</summary>
    public sealed record Broken(string Message) : CopyResult;
}

/// <param name="Total">An estimate; 0 while following.</param>
internal readonly record struct CopyProgress(string What, long Done, long Total)
{
    /// <summary>What is reported once, when both agree and the copy goes on following.</summary>
    public const string Following = "changes followed";
}
