using System.Text;
using Stateway.Store;

namespace Stateway.Collections.Kinds;

/// <summary>What a resource of a platform kind is called: its URL's path, <c>apis/shop/stages/live</c>.</summary>
public static class KindName
{
    /// <param name="key">Its collection has a word for the API in front, as all have: <c>stateway/apis/stages</c>.</param>
    public static string Of(Key key)
    {
        string[] words = key.Collection.Split('/');
        string[] ids = key.Path.Split('/');
        var name = new StringBuilder();
        for (int i = 0; i < ids.Length && i + 1 < words.Length; i++) name.Append(i == 0 ? "" : "/").Append(words[i + 1]).Append('/').Append(ids[i]);
        return name.ToString();
    }
}
