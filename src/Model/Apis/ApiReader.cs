namespace Stateway.Model.Apis;

/// <summary>Reads OpenAPI documents: YAML or JSON text in, a checked and expanded <see cref="ApiSpec"/> or all errors out.</summary>
public static class ApiReader
{
    /// <summary>Reads every document of a folder, or the one file.</summary>
    public static ApiReading Read(string path) => throw new NotImplementedException();
}

/// <summary>Either APIs, or errors; warnings never stop a document from being served.</summary>
public sealed record ApiReading(IReadOnlyList<ApiSpec> Apis, IReadOnlyList<DocumentError> Errors, IReadOnlyList<DocumentError> Warnings);

/// <summary>What is wrong with a document, and where.</summary>
/// <param name="File">As the user would name it: relative to the folder given.</param>
/// <param name="Line">From 1.</param>
/// <param name="Column">From 1, in characters.</param>
/// <param name="Pointer">JSON pointer of the wrong part.</param>
/// <param name="Message">What is wrong and what would be right.</param>
public sealed record DocumentError(string File, int Line, int Column, string Pointer, string Message)
{
    public override string ToString() => $"{File}:{Line}:{Column}: {Message} ({Pointer})";
}
