namespace Stateway.Model.Apis.Operations;

/// <summary>What a media type says about the form of a body.</summary>
internal static class MediaTypes
{
    public static bool IsJson(string mediaType)
    {
        var type = Essence(mediaType);
        return type.Equals("application/json", StringComparison.OrdinalIgnoreCase) || type.EndsWith("+json", StringComparison.OrdinalIgnoreCase);
    }

    public static bool IsXml(string mediaType)
    {
        var type = Essence(mediaType);
        return type.Equals("application/xml", StringComparison.OrdinalIgnoreCase)
            || type.Equals("text/xml", StringComparison.OrdinalIgnoreCase)
            || type.EndsWith("+xml", StringComparison.OrdinalIgnoreCase);
    }

    public static bool IsRange(string mediaType) => Essence(mediaType).EndsWith("/*");

    private static ReadOnlySpan<char> Essence(string mediaType)
    {
        int end = mediaType.IndexOf(';');
        return (end < 0 ? mediaType : mediaType.AsSpan(0, end)).Trim();
    }
}
