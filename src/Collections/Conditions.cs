using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;
using Stateway.Collections.Representations;
using Stateway.Model.Problems;
using Stateway.Store;
using Stateway.Store.Staging;

namespace Stateway.Collections;

/// <summary>Conditional requests in the order that RFC 9110, section 13.2.2 gives.</summary>
internal static class Conditions
{
    public enum Reading { Proceed, NotModified, Failed }

    /// <param name="etag">The tag of the very representation that would be sent.</param>
    public static Reading ForRead(IHeaderDictionary headers, Collection collection, Entry entry, string etag)
    {
        if (headers.IfMatch is { Count: > 0 } ifMatch)
        {
            if (!EntityTag.IsAny(ifMatch) && !EntityTag.Names(ifMatch, collection.VersionOf(entry), weak: false, isWrite: false)) return Reading.Failed;
        }
        else if (TryDate(headers.IfUnmodifiedSince, out var unmodified) && Seconds(entry.UpdateTime) > unmodified)
        {
            return Reading.Failed;
        }

        if (headers.IfNoneMatch is { Count: > 0 } ifNoneMatch)
            return EntityTag.IsAny(ifNoneMatch) || Names(ifNoneMatch, etag) ? Reading.NotModified : Reading.Proceed;

        return TryDate(headers.IfModifiedSince, out var modified) && Seconds(entry.UpdateTime) <= modified ? Reading.NotModified : Reading.Proceed;
    }

    /// <param name="current">Null when there is no such resource.</param>
    /// <param name="required">The collection wants a condition for every change of what exists.</param>
    public static Problem? ForWrite(IHeaderDictionary headers, Collection collection, Entry? current, bool required)
    {
        bool conditional = false;
        if (headers.IfMatch is { Count: > 0 } ifMatch)
        {
            conditional = true;
            if (current is null || !(EntityTag.IsAny(ifMatch) || EntityTag.Names(ifMatch, collection.VersionOf(current), weak: false, isWrite: true)))
                return Failed(collection, current, "If-Match");
        }
        else if (TryDate(headers.IfUnmodifiedSince, out var unmodified))
        {
            conditional = true;
            if (current is null || Seconds(current.UpdateTime) > unmodified) return Failed(collection, current, "If-Unmodified-Since");
        }

        if (headers.IfNoneMatch is { Count: > 0 } ifNoneMatch)
        {
            // No condition in the sense of RequireCondition: it may hold without the client having seen anything.
            if (current is not null && (EntityTag.IsAny(ifNoneMatch) || EntityTag.Names(ifNoneMatch, collection.VersionOf(current), weak: true, isWrite: true)))
                return Failed(collection, current, "If-None-Match");
        }

        if (!required || conditional || current is null) return null;
        if (StagedResources.IsStaged(current.Revision))
            return new(ProblemTypes.PreconditionRequired, "Send If-Match: * to change the resource as this batch has made it.");

        return new Problem(ProblemTypes.PreconditionRequired, $"Send If-Match: {EntityTag.Of(collection.VersionOf(current))} to change the resource as it is now.")
            .With("ETag", EntityTag.Of(collection.VersionOf(current)));
    }

    public static Problem Failed(Collection collection, Entry? current, string field)
    {
        if (current is not null && StagedResources.IsStaged(current.Revision)) // it has no tag yet
            return new(ProblemTypes.PreconditionFailed, $"{field} does not hold: this batch has changed the resource already.");

        var problem = new Problem(ProblemTypes.PreconditionFailed, current is null
            ? $"{field} does not hold: there is no such resource."
            : $"{field} does not hold: the resource's tag is {EntityTag.Of(collection.VersionOf(current))} now.");
        return current is null ? problem : problem.With("ETag", EntityTag.Of(collection.VersionOf(current)));
    }

    private static bool Names(StringValues tags, string etag)
    {
        foreach (string? line in tags)
        {
            if (line is not null && line.Contains(etag, StringComparison.Ordinal)) return true; // a tag with its quotes is never part of another
        }

        return false;
    }

    /// <summary>
    /// HTTP dates have whole seconds, and three forms, all of which must be understood (RFC 9110, section 5.6.7); a date
    /// that is none is ignored (section 13.1.3).
    /// </summary>
    private static bool TryDate(StringValues value, out DateTimeOffset date)
    {
        date = default;
        return value.Count == 1 && HeaderUtilities.TryParseDate(value[0], out date);
    }

    private static DateTimeOffset Seconds(DateTimeOffset time) => new(time.UtcTicks / TimeSpan.TicksPerSecond * TimeSpan.TicksPerSecond, TimeSpan.Zero);
}
