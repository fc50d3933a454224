namespace Stateway.Client;

/// <summary>Why something could not be done, in lines for a person; the first says what, the others where.</summary>
internal sealed record Failure(string What, IReadOnlyList<string> Where)
{
    public Failure(string what) : this(what, []) { }
}
