using System.Buffers;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Stateway.Client.Files;

/// <summary>
/// JSON as YAML that reads back as the same JSON, to the last digit: names and texts are plain only where nothing else could be
/// meant, texts of several lines stand as blocks where a block can say them, everything else is quoted.
/// </summary>
internal static partial class YamlOutput
{
    private const int NameCharactersMax = 1_000; // a longer one needs YAML's other form (YAML 1.2, section 7.4.2: 1,024)
    private static readonly string[] Words = ["null", "true", "false", "yes", "no", "on", "off", "y", "n"];

    // Lines end at these for some readers, and a byte order mark is taken off by others.
    private static readonly SearchValues<char> Special = SearchValues.Create("\u0085\u2028\u2029\uFEFF");

    public static string Of(JsonElement value)
    {
        var yaml = new StringBuilder();
        Write(yaml, value, indent: 0);
        return yaml.ToString();
    }

    /// <summary>Whole lines.</summary>
    private static void Write(StringBuilder yaml, JsonElement value, int indent)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object when value.EnumerateObject().Any(): WriteMap(yaml, value, indent, isBegun: false); break;
            case JsonValueKind.Array when value.GetArrayLength() > 0: WriteList(yaml, value, indent); break;
            default:
                yaml.Append(' ', indent);
                WriteInline(yaml, value, indent);
                break;
        }
    }

    /// <param name="isBegun">The first line's indentation is there.</param>
    private static void WriteMap(StringBuilder yaml, JsonElement map, int indent, bool isBegun)
    {
        foreach (var member in map.EnumerateObject())
        {
            if (!isBegun) yaml.Append(' ', indent);
            isBegun = false;
            if (member.Name.Length > NameCharactersMax)
            {
                yaml.Append("? ").Append(Quoted(member.Name)).Append('\n').Append(' ', indent).Append(':');
            }
            else
            {
                yaml.Append(Scalar(member.Name)).Append(':');
            }

            WriteValue(yaml, member.Value, indent);
        }
    }

    private static void WriteList(StringBuilder yaml, JsonElement list, int indent)
    {
        foreach (var item in list.EnumerateArray())
        {
            yaml.Append(' ', indent).Append('-');
            if (item.ValueKind == JsonValueKind.Object && item.EnumerateObject().Any())
            {
                yaml.Append(' ');
                WriteMap(yaml, item, indent + 2, isBegun: true);
            }
            else
            {
                WriteValue(yaml, item, indent);
            }
        }
    }

    /// <summary>Behind a name or a dash.</summary>
    private static void WriteValue(StringBuilder yaml, JsonElement value, int indent)
    {
        if ((value.ValueKind == JsonValueKind.Object && value.EnumerateObject().Any()) || (value.ValueKind == JsonValueKind.Array && value.GetArrayLength() > 0))
        {
            yaml.Append('\n');
            Write(yaml, value, indent + 2);
            return;
        }

        yaml.Append(' ');
        WriteInline(yaml, value, indent);
    }

    private static void WriteInline(StringBuilder yaml, JsonElement value, int indent)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object: yaml.Append("{}\n"); break;
            case JsonValueKind.Array: yaml.Append("[]\n"); break;
            case JsonValueKind.String when value.GetString()! is var text:
                if (IsBlock(text)) WriteBlock(yaml, text, indent + 2);
                else yaml.Append(Scalar(text)).Append('\n');
                break;
            default: yaml.Append(value.GetRawText()).Append('\n'); break;
        }
    }

    private static void WriteBlock(StringBuilder yaml, string text, int indent)
    {
        bool hasEnd = text[^1] == '\n';
        yaml.Append(hasEnd ? "|\n" : "|-\n");
        foreach (string line in (hasEnd ? text[..^1] : text).Split('\n'))
        {
            if (line.Length > 0) yaml.Append(' ', indent).Append(line);
            yaml.Append('\n');
        }
    }

    /// <summary>Several lines, of which none begins the block with blanks or ends it with emptiness.</summary>
    private static bool IsBlock(string text)
    {
        if (!text.Contains('\n') || text[0] is ' ' or '\t' or '\n' || text.EndsWith("\n\n", StringComparison.Ordinal)) return false;

        foreach (char c in text)
        {
            if ((char.IsControl(c) && c != '\n') || Special.Contains(c) || c is '\uFFFE' or '\uFFFF') return false;
        }

        return !text.Split('\n').Any(line => line.Length > 0 && line.AsSpan().Trim(' ').IsEmpty);
    }

    private static string Scalar(string text) =>
        Plain().IsMatch(text) && !Words.Contains(text, StringComparer.OrdinalIgnoreCase) ? text : Quoted(text);

    /// <summary>In double quotes, whose escapes are JSON's.</summary>
    private static string Quoted(string text)
    {
        var quoted = new StringBuilder(text.Length + 8).Append('"');
        foreach (char c in text)
        {
            switch (c)
            {
                case '"': quoted.Append("\\\""); break;
                case '\\': quoted.Append(@"\\"); break;
                case '\n': quoted.Append("\\n"); break;
                case '\r': quoted.Append("\\r"); break;
                case '\t': quoted.Append("\\t"); break;
                default:
                    if (char.IsControl(c) || Special.Contains(c) || c is '\uFFFE' or '\uFFFF') quoted.Append($"\\u{(int)c:x4}");
                    else quoted.Append(c);
                    break;
            }
        }

        return quoted.Append('"').ToString();
    }

    [GeneratedRegex(@"^[A-Za-z_/][A-Za-z0-9_./@+-]*( [A-Za-z0-9_./@+(-][A-Za-z0-9_./@+()-]*)*\z", RegexOptions.CultureInvariant)]
    private static partial Regex Plain();
}
