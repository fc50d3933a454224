namespace Stateway.Model.Apis.Documents;

/// <summary>The files that came with an <see cref="ApiSource"/>.</summary>
internal sealed class MemoryFolder(IReadOnlyDictionary<string, byte[]> files) : SourceFolder
{
    public override bool Has(string name) => files.ContainsKey(name);

    public override IEnumerable<string> Names() => files.Keys.Where(name => IsText(name) && !name.Contains('/')).Order(StringComparer.Ordinal);

    public override Func<byte[]> Reader(string name)
    {
        byte[] bytes = files[name];
        return () => bytes;
    }
}
