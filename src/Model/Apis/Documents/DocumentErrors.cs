using Stateway.Model.Apis.Text;

namespace Stateway.Model.Apis.Documents;

/// <summary>Collects what is wrong with all documents of a reading. For several threads.</summary>
internal sealed class DocumentErrors
{
    private const int Max = 1000; // nobody reads more, and a broken document can have one for every line

    private readonly Lock _lock = new();
    private readonly List<DocumentError> _errors = [];
    private readonly List<DocumentError> _warnings = [];
    private readonly HashSet<(string, string, string)> _seen = [];
    private readonly HashSet<(string, string)> _wrong = [];

    public bool Any => _errors.Count > 0;
    public int Count => _errors.Count;

    public IReadOnlyList<DocumentError> Errors => Sorted(_errors);
    public IReadOnlyList<DocumentError> Warnings => Sorted(_warnings);

    public void Add(DocumentError error)
    {
        lock (_lock) _wrong.Add((error.File, error.Pointer));
        Add(_errors, error);
    }

    public void Add(Place place, string pointer, string message) =>
        Add(new DocumentError(place.File, place.Line, place.Column, pointer, message));

    /// <summary>Whether something is known to be wrong in this very place.</summary>
    public bool Has(string file, string pointer)
    {
        lock (_lock) return _wrong.Contains((file, pointer));
    }

    public void Warn(Place place, string pointer, string message) =>
        Add(_warnings, new(place.File, place.Line, place.Column, pointer, message));

    private void Add(List<DocumentError> list, DocumentError error)
    {
        lock (_lock)
        {
            if (list.Count < Max && _seen.Add((error.File, error.Pointer, error.Message))) list.Add(error);
        }
    }

    private static IReadOnlyList<DocumentError> Sorted(List<DocumentError> errors) =>
        [.. errors.OrderBy(e => e.File, StringComparer.Ordinal).ThenBy(e => e.Line).ThenBy(e => e.Column)];
}
