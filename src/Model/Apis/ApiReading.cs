namespace Stateway.Model.Apis;

/// <summary>
/// Either APIs, or errors: with one error there are no APIs, so that a wrong document is never served in part.
/// Warnings never stop a document from being served. Errors and warnings are in the order of files and lines.
/// </summary>
/// <param name="Sources">One for each API, in the same order.</param>
public sealed record ApiReading(
    IReadOnlyList<ApiSpec> Apis, IReadOnlyList<ApiSource> Sources, IReadOnlyList<DocumentError> Errors, IReadOnlyList<DocumentError> Warnings);
