namespace Stateway.Model.Apis.Text;

/// <summary>Where something stands in a text.</summary>
/// <param name="File">As the user would name it: relative to the folder given.</param>
/// <param name="Line">From 1.</param>
/// <param name="Column">From 1, in characters (code points).</param>
public readonly record struct Place(string File, int Line, int Column);
