using System.Text;
using System.Xml;

namespace Stateway.Gateway.Content.Xml;

/// <summary>The names that documents are made of, apart from those of the schemas.</summary>
internal static class XmlVocabulary
{
    /// <summary>Of the attributes that carry what plain XML can't: <c>type</c>, <c>escaped</c>, <c>name</c>, <c>escaped-name</c>.</summary>
    public const string JsonNamespace = "urn:stateway:json";

    public const string XsiNamespace = "http://www.w3.org/2001/XMLSchema-instance";
    public const string XmlNamespace = "http://www.w3.org/XML/1998/namespace";
    public const string XmlnsNamespace = "http://www.w3.org/2000/xmlns/";

    /// <summary>RFC 9457, appendix B.</summary>
    public const string ProblemNamespace = "urn:ietf:rfc:7807";

    /// <summary>Longer names are carried in an attribute; a bound for buffers on the stack.</summary>
    private const int NameBytesMax = 256;

    /// <summary>An XML name without a colon, as the fourth and the fifth edition of XML 1.0 agree on it.</summary>
    public static bool IsName(ReadOnlySpan<byte> utf8)
    {
        if (utf8.Length is 0 or > NameBytesMax) return false;

        Span<char> chars = stackalloc char[NameBytesMax];
        return Encoding.UTF8.TryGetChars(utf8, chars, out int length) && IsName(chars[..length]);
    }

    public static bool IsName(ReadOnlySpan<char> name)
    {
        if (name.IsEmpty || !XmlConvert.IsStartNCNameChar(name[0])) return false;

        foreach (char c in name[1..])
        {
            if (!XmlConvert.IsNCNameChar(c)) return false;
        }

        return true;
    }

    /// <summary>The name itself, or the nearest that may stand as the root element.</summary>
    public static string RootName(string name) => IsName(name) ? name : IsName("_" + name) ? "_" + name : "root";

    /// <summary>What one of many is called, by a few rules of spelling that are guessable; <c>item</c> where they end.</summary>
    public static string Singular(string name)
    {
        if (name.Length > 4 && name.EndsWith("ies", StringComparison.Ordinal)) return name[..^3] + "y";
        if (EndsWithAny(name, "sses", "shes", "ches", "xes")) return name[..^2];
        if (name.Length > 2 && name[^1] == 's' && !EndsWithAny(name, "ss", "us", "is")) return name[..^1];
        return "item";
    }

    private static bool EndsWithAny(string name, params ReadOnlySpan<string> endings)
    {
        foreach (string ending in endings)
        {
            if (name.Length > ending.Length && name.EndsWith(ending, StringComparison.Ordinal)) return true;
        }

        return false;
    }
}
