using Microsoft.Extensions.Primitives;

namespace Stateway.Gateway.Serving.Proxies;

/// <summary>
/// The members of a comma-separated list over all lines of a field, from the last to the first. Read from the right because
/// only the right end is a proxy's: a quotation mark that a client left open would swallow it when read from the left.
/// Empty members are none (RFC 9110, section 5.6.1).
/// </summary>
internal ref struct MembersFromRight(StringValues lines, bool isQuoted)
{
    private int _line = lines.Count;
    private ReadOnlySpan<char> _rest;

    public bool TryTake(out ReadOnlySpan<char> member)
    {
        while (true)
        {
            if (_rest.IsEmpty)
            {
                if (_line == 0)
                {
                    member = default;
                    return false;
                }

                _rest = lines[--_line];
            }

            int comma = isQuoted ? LastCommaOutsideQuotes(_rest) : _rest.LastIndexOf(',');
            member = _rest[(comma + 1)..].Trim(" \t");
            _rest = comma < 0 ? default : _rest[..comma];
            if (!member.IsEmpty) return true;
        }
    }

    /// <summary>An escaped quotation mark counts as one, so that a member with one comes out malformed: no address, scheme or host has any.</summary>
    private static int LastCommaOutsideQuotes(ReadOnlySpan<char> text)
    {
        bool isInside = false;
        for (int i = text.Length - 1; i >= 0; i--)
        {
            if (text[i] == '"') isInside = !isInside;
            else if (text[i] == ',' && !isInside) return i;
        }

        return -1;
    }
}
