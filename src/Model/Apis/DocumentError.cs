namespace Stateway.Model.Apis;

/// <summary>What is wrong with a document, and where.</summary>
/// <param name="File">As the user would name it: relative to the folder given.</param>
/// <param name="Line">From 1.</param>
/// <param name="Column">From 1, in characters.</param>
/// <param name="Pointer">JSON pointer of the wrong part.</param>
/// <param name="Message">What is wrong and what would be right.</param>
public sealed record DocumentError(string File, int Line, int Column, string Pointer, string Message)
{
    public override string ToString() =>
        Pointer.Length == 0 ? $"{File}:{Line}:{Column}: {Message}" : $"{File}:{Line}:{Column}: {Message} ({Pointer})";
}
