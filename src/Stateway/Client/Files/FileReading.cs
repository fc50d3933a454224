namespace Stateway.Client.Files;

/// <summary>What files hold, or all that is wrong with them, each with its place.</summary>
/// <param name="LeftAlone">Files of a folder that hold no resources.</param>
internal sealed record FileReading(IReadOnlyList<FileResource> Resources, IReadOnlyList<string> Errors, IReadOnlyList<string> LeftAlone);
