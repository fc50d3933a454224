namespace Stateway.Model.Schemas.Formats;

/// <summary>A format of strings: a name in a schema's <c>format</c> and a check of UTF-8 text.</summary>
internal sealed class StringFormat
{
    public delegate bool Check(ReadOnlySpan<byte> text);

    private readonly Check _check;

    private StringFormat(string description, Check check) => (Description, _check) = (description, check);

    /// <summary>What the text should have been, with an example: <c>a date such as 2026-03-14</c>.</summary>
    public string Description { get; }

    public bool Accepts(ReadOnlySpan<byte> text) => _check(text);

    /// <returns>Null for a format that is not known, which is no error.</returns>
    public static StringFormat? Find(string name) => null;
}
