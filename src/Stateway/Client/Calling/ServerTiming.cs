using System.Collections.Immutable;
using System.Globalization;

namespace Stateway.Client.Calling;

/// <summary>A step of a request, as a server tells it (W3C Server Timing).</summary>
/// <param name="Milliseconds">Null when only the description is told.</param>
internal sealed record ServerTiming(string Name, double? Milliseconds, string Description)
{
    private const int StepsMax = 50;

    public static ImmutableArray<ServerTiming> Read(string field)
    {
        var steps = ImmutableArray.CreateBuilder<ServerTiming>();
        foreach (string member in Split(field, ',').Take(StepsMax))
        {
            string[] parts = [.. Split(member, ';').Select(part => part.Trim())];
            double? took = null;
            string description = "";
            foreach (string part in parts.Skip(1))
            {
                if (part.StartsWith("dur=", StringComparison.OrdinalIgnoreCase) && double.TryParse(part.AsSpan(4), CultureInfo.InvariantCulture, out double value)) took = value;
                else if (part.StartsWith("desc=", StringComparison.OrdinalIgnoreCase)) description = Unquoted(part[5..]);
            }

            if (parts[0].Length > 0) steps.Add(new(PlainText.Short(parts[0], 40), took, PlainText.Short(description, 200)));
        }

        return steps.ToImmutable();
    }

    /// <summary>Not inside quotes.</summary>
    private static List<string> Split(string text, char separator)
    {
        var parts = new List<string>();
        bool isQuoted = false;
        int begin = 0;
        for (int i = 0; i < text.Length; i++)
        {
            if (isQuoted && text[i] == '\\') i++;
            else if (text[i] == '"') isQuoted = !isQuoted;
            else if (text[i] == separator && !isQuoted)
            {
                parts.Add(text[begin..i]);
                begin = i + 1;
            }
        }

        parts.Add(text[begin..]);
        return parts;
    }

    private static string Unquoted(string text)
    {
        if (text is not ['"', .. var inner, '"']) return text;

        var plain = new System.Text.StringBuilder(inner.Length);
        for (int i = 0; i < inner.Length; i++)
        {
            if (inner[i] == '\\' && i + 1 < inner.Length) i++;
            plain.Append(inner[i]);
        }

        return plain.ToString();
    }
}
