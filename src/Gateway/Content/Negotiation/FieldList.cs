using System.Buffers;

namespace Stateway.Gateway.Content.Negotiation;

/// <summary>Takes the value of a list field apart (RFC 9110, sections 5.6.1 to 5.6.6), without allocating.</summary>
internal ref struct FieldList(ReadOnlySpan<char> text)
{
    private static readonly SearchValues<char> TokenChars = SearchValues.Create(
        "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

    private ReadOnlySpan<char> _rest = text;

    public static bool IsToken(ReadOnlySpan<char> text) => !text.IsEmpty && !text.ContainsAnyExcept(TokenChars);

    /// <summary>The next member that is not empty; a comma in quotes separates nothing.</summary>
    public bool Next(out ReadOnlySpan<char> member)
    {
        while (!_rest.IsEmpty)
        {
            member = Until(',', ref _rest).Trim(" \t");
            if (!member.IsEmpty) return true;
        }

        member = default;
        return false;
    }

    /// <summary>What stands before the separator, which is taken out with it.</summary>
    public static ReadOnlySpan<char> Until(char separator, scoped ref ReadOnlySpan<char> text)
    {
        bool isQuoted = false;
        for (int i = 0; i < text.Length; i++)
        {
            char c = text[i];
            if (c == '"') isQuoted = !isQuoted;
            else if (isQuoted && c == '\\') i++;
            else if (c == separator && !isQuoted)
            {
                var before = text[..i];
                text = text[(i + 1)..];
                return before;
            }
        }

        var all = text;
        text = default;
        return all;
    }

    /// <summary>The next <c>;name=value</c>; empty ones are passed over. The value comes without quotes, its escapes left as they are.</summary>
    /// <param name="isMalformed">What follows is no parameter.</param>
    public static bool NextParameter(scoped ref ReadOnlySpan<char> parameters, out ReadOnlySpan<char> name, out ReadOnlySpan<char> value, out bool isMalformed)
    {
        isMalformed = false;
        while (!parameters.IsEmpty)
        {
            var parameter = Until(';', ref parameters).Trim(" \t");
            if (parameter.IsEmpty) continue;

            int equals = parameter.IndexOf('=');
            name = equals < 0 ? parameter : parameter[..equals];
            value = equals < 0 ? default : parameter[(equals + 1)..];
            bool isQuoted = value.Length >= 2 && value[0] == '"' && value[^1] == '"';
            isMalformed = !IsToken(name) || (!isQuoted && !IsToken(value));
            if (isQuoted) value = value[1..^1];
            return !isMalformed;
        }

        name = value = default;
        return false;
    }

    /// <summary>A weight (section 12.4.2) in thousandths; -1 when it is none.</summary>
    public static int Weight(ReadOnlySpan<char> text)
    {
        if (text.Length is 0 or > 5 || text[0] is not ('0' or '1') || (text.Length > 1 && text[1] != '.')) return -1;

        int weight = (text[0] - '0') * 1000;
        for (int i = 2, unit = 100; i < text.Length; i++, unit /= 10)
        {
            if (!char.IsAsciiDigit(text[i])) return -1;
            weight += (text[i] - '0') * unit;
        }

        return weight <= 1000 ? weight : -1;
    }
}
