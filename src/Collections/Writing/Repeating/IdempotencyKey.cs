using System.Text;
using Microsoft.AspNetCore.Http;
using Stateway.Gateway;
using Stateway.Model.Problems;

namespace Stateway.Collections.Writing.Repeating;

/// <summary>The <c>Idempotency-Key</c> field of a request.</summary>
internal static class IdempotencyKey
{
    public const string FieldName = "Idempotency-Key";

    private const int LengthMax = 255;

    /// <summary>
    /// The key as it is, or as a string of structured fields (RFC 9651, section 3.3.3), in quotes: <c>abc</c> and <c>"abc"</c> are the same key.
    /// </summary>
    /// <returns>Null when there is one key that is well formed.</returns>
    public static Problem? Read(IHeaderDictionary headers, out string key)
    {
        var field = headers[FieldName];
        key = field.Count == 1 ? field[0]!.Trim(' ', '\t') : "";
        if (key is ['"', .. var quoted]) key = Unquote(quoted);
        if (key.Length is > 0 and <= LengthMax && !key.AsSpan().ContainsAnyExceptInRange('!', '~')) return null;

        return new(ProblemTypes.InvalidParameter, Wording.Count(1, "header"))
        {
            Errors = [new("IDEMPOTENCY_KEY", $"This is one key of 1 to {LengthMax} visible ASCII characters.") { Header = FieldName }],
        };
    }

    /// <returns>Empty when it is no string.</returns>
    private static string Unquote(string quoted)
    {
        var text = new StringBuilder(quoted.Length);
        for (int i = 0; i < quoted.Length; i++)
        {
            char c = quoted[i];
            if (c == '"') return i == quoted.Length - 1 ? text.ToString() : "";
            if (c == '\\')
            {
                if (++i == quoted.Length || quoted[i] is not ('"' or '\\')) return "";
                c = quoted[i];
            }

            text.Append(c);
        }

        return "";
    }
}
