namespace Stateway.Gateway.Content.Negotiation;

public enum ContentTypeStatus : byte
{
    /// <summary>There is no such field, or it is empty.</summary>
    Absent,
    Known,
    Malformed,

    /// <summary>A <c>charset</c> other than UTF-8 (or US-ASCII, which is part of it).</summary>
    UnsupportedCharset,
}

/// <summary>A request's <c>Content-Type</c> (RFC 9110, section 8.3).</summary>
/// <param name="MediaType">In lower case, without parameters; empty unless there is one.</param>
/// <param name="Format">By the type or its suffix: <c>application/json</c>, <c>…+json</c>, <c>application/xml</c>, <c>text/xml</c>, <c>…+xml</c>.</param>
public readonly record struct ContentType(ContentTypeStatus Status, string MediaType, BodyFormat Format)
{
    private static readonly string[] Common =
        ["application/json", "application/xml", "text/xml", "application/merge-patch+json", "application/json-patch+json",
         "application/x-www-form-urlencoded", "multipart/form-data", "application/octet-stream", "text/plain"];

    public static ContentType Parse(string? text)
    {
        switch (text)
        {
            case null or "": return new ContentType(ContentTypeStatus.Absent, "", BodyFormat.None);
            case "application/json" or "application/json; charset=utf-8": return new ContentType(ContentTypeStatus.Known, "application/json", BodyFormat.Json);
        }

        var parameters = text.AsSpan().Trim(" \t");
        var type = FieldList.Until(';', ref parameters).TrimEnd(" \t");
        int slash = type.IndexOf('/');
        if (slash < 0 || !FieldList.IsToken(type[..slash]) || !FieldList.IsToken(type[(slash + 1)..])) return Malformed;

        bool isUtf8 = true;
        bool isMalformed;
        while (FieldList.NextParameter(ref parameters, out var name, out var value, out isMalformed))
        {
            if (name.Equals("charset", StringComparison.OrdinalIgnoreCase))
            {
                isUtf8 &= value.Equals("utf-8", StringComparison.OrdinalIgnoreCase) || value.Equals("us-ascii", StringComparison.OrdinalIgnoreCase);
            }
        }

        if (isMalformed) return Malformed;

        string mediaType = Lower(type);
        return new ContentType(isUtf8 ? ContentTypeStatus.Known : ContentTypeStatus.UnsupportedCharset, mediaType, FormatOf(mediaType));
    }

    private static ContentType Malformed => new(ContentTypeStatus.Malformed, "", BodyFormat.None);

    private static string Lower(ReadOnlySpan<char> type)
    {
        foreach (string common in Common)
        {
            if (type.Equals(common, StringComparison.OrdinalIgnoreCase)) return common;
        }

        return type.ToString().ToLowerInvariant();
    }

    private static BodyFormat FormatOf(string mediaType)
    {
        if (mediaType == "application/json" || mediaType.EndsWith("+json", StringComparison.Ordinal)) return BodyFormat.Json;
        bool isXml = mediaType is "application/xml" or "text/xml" || mediaType.EndsWith("+xml", StringComparison.Ordinal);
        return isXml ? BodyFormat.Xml : BodyFormat.None;
    }
}
