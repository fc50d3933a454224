namespace Stateway.Model.Apis.Seeds;

/// <summary>Where a collection's seed is.</summary>
/// <param name="File">Its name, relative to the document's folder.</param>
/// <param name="Read">Gives the text, UTF-8; an <see cref="IOException"/> or <see cref="UnauthorizedAccessException"/> when that can't be had any more.</param>
public sealed record SeedSource(string File, Func<byte[]> Read);
