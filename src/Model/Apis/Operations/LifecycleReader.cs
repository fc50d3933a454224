using System.Globalization;
using Stateway.Model.Apis.Documents;

namespace Stateway.Model.Apis.Operations;

/// <summary>
/// Reads <c>x-stateway-lifecycle</c>: an operation's own, else the document's, which holds for its deprecated operations, or
/// for all of them if it says so.
/// </summary>
internal sealed class LifecycleReader
{
    public const string Word = "x-stateway-lifecycle";

    private const int LinkLengthMax = 2000;

    private static readonly string[] TimeForms = ["yyyy-MM-dd", "yyyy-MM-dd'T'HH:mm:ss'Z'", "yyyy-MM-dd'T'HH:mm:sszzz"];

    private readonly ApiDocument _document;
    private readonly LifecycleSpec? _whole;
    private readonly bool _holdsForAll;
    private bool _isUsed;

    public LifecycleReader(ApiDocument document)
    {
        _document = document;
        _whole = Read(document.Top[Word]);
        _holdsForAll = document.Top[Word]?["whole_api"]?.IsTrue == true;
    }

    /// <param name="operation">Null for one that only a collection makes.</param>
    public LifecycleSpec? Of(Spot? operation)
    {
        if (operation?[Word] is { } own)
        {
            if (own["whole_api"] is { } misplaced) _document.ErrorAtName(misplaced, "whole_api stands in the document's x-stateway-lifecycle only; this one is the operation's own.");
            return Read(own);
        }

        if (_whole is null || !(_holdsForAll || operation?["deprecated"]?.IsTrue == true)) return null;

        _isUsed = true;
        return _whole;
    }

    /// <summary>Called when every operation has been asked for.</summary>
    public void WarnIfIdle()
    {
        if (_whole is not null && !_isUsed)
            _document.Warn("/" + Word, "No operation is deprecated, so that this has no effect. Mark operations with deprecated: true, or add whole_api: true.", name: true);
    }

    /// <returns>Null when it is wrong, which is reported here or by the structure check.</returns>
    private LifecycleSpec? Read(Spot? lifecycle)
    {
        if (lifecycle?.Map is null) return null;

        var deprecated = ReadTime(lifecycle["deprecated_at"]);
        var sunset = ReadTime(lifecycle["sunset_at"]);
        if (lifecycle["deprecated_at"] is null && lifecycle["sunset_at"] is null)
        {
            _document.Error(lifecycle, "A lifecycle says deprecated_at, sunset_at or both.");
            return null;
        }

        if (deprecated > sunset) _document.Error(lifecycle["sunset_at"]!, "The sunset can't come before the deprecation (RFC 9745, section 4).");
        bool enforce = lifecycle["enforce"]?.IsTrue == true;
        if (enforce && lifecycle["sunset_at"] is null) _document.Error(lifecycle["enforce"]!, "There is no sunset to enforce; add sunset_at.");
        if (lifecycle["link"] is { Text: { } link } spot && !IsLink(link)) _document.Error(spot, "A link is an http or https URL, or a path that begins with /, percent-encoded.");

        return deprecated is null && sunset is null ? null : new(deprecated, sunset, lifecycle["link"]?.Text, enforce);
    }

    private DateTimeOffset? ReadTime(Spot? time)
    {
        if (time is null) return null;

        const DateTimeStyles Styles = DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal;
        if (DateTimeOffset.TryParseExact(time.Text, TimeForms, CultureInfo.InvariantCulture, Styles, out var parsed) && parsed.Year is >= 1970 and < 9999) return parsed;

        _document.Error(time, "A time is a day, which begins in UTC, or a time of RFC 3339: 2027-03-31, 2027-03-31T12:00:00Z.");
        return null;
    }

    /// <summary>It goes into a header field between angle brackets as it is.</summary>
    private static bool IsLink(string link) =>
        link.Length <= LinkLengthMax && link.All(c => c is > ' ' and <= '~' and not ('<' or '>' or '"' or '\\'))
        && (link.StartsWith('/') || (Uri.TryCreate(link, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https"));
}
