namespace Stateway.Client;

/// <summary>A file that holds a key and nothing else.</summary>
internal static class KeyFile
{
    private const int BytesMax = 4 * 1024;

    public static (string? Key, Failure? Failure) Read(string path)
    {
        try
        {
            if (new FileInfo(path) is { Exists: true, Length: > BytesMax }) return (null, new($"{path} is too large to be a key."));
            string key = File.ReadAllText(path).Trim();
            return IsKey(key) ? (key, null) : (null, new($"{path} holds no key: a key is one line of visible ASCII characters."));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return (null, new($"{path} can't be read: {e.Message}"));
        }
    }

    public static bool IsKey(string text) => text.Length is > 0 and <= BytesMax && text.All(c => c is > ' ' and <= '~');
}
