namespace Stateway.Gateway.Content;

/// <summary>Media types of <c>Content-Type</c> fields (RFC 9110, section 8.3.1).</summary>
public static class MediaType
{
    /// <summary>Compares without parameters and case.</summary>
    public static bool Is(string? contentType, string mediaType)
    {
        if (contentType is null) return false;

        var bare = contentType.AsSpan();
        int semicolon = bare.IndexOf(';');
        return (semicolon < 0 ? bare : bare[..semicolon]).Trim().Equals(mediaType, StringComparison.OrdinalIgnoreCase);
    }
}
