using System.Text;

namespace Stateway.Model.Schemas.Formats;

/// <summary>Punycode, the ASCII form of international labels (RFC 3492, section 6), without its prefix.</summary>
internal static class Punycode
{
    private const int Base = 36, TMin = 1, TMax = 26, Skew = 38, Damp = 700, InitialBias = 72, InitialN = 128;

    public static bool TryDecode(ReadOnlySpan<byte> input, out int[] points)
    {
        var output = new List<int>();
        points = [];
        int delimiter = input.LastIndexOf((byte)'-');
        for (int j = 0; j < delimiter; j++) output.Add(input[j]);

        long n = InitialN, i = 0;
        int bias = InitialBias;
        for (int at = Math.Max(delimiter + 1, 0); at < input.Length;)
        {
            long before = i, weight = 1;
            for (int k = Base; ; k += Base)
            {
                int digit = at < input.Length ? DigitOf(input[at++]) : -1;
                if (digit < 0) return false;

                i += digit * weight;
                int threshold = Threshold(k, bias);
                if (digit < threshold) break;
                weight *= Base - threshold;
                if (i > int.MaxValue || weight > int.MaxValue) return false;
            }

            bias = Adapt(i - before, output.Count + 1, before == 0);
            n += i / (output.Count + 1);
            i %= output.Count + 1;
            if (!Rune.IsValid((int)Math.Min(n, int.MaxValue))) return false;
            output.Insert((int)i++, (int)n);
        }

        points = [.. output];
        return true;
    }

    public static string Encode(IReadOnlyList<int> points)
    {
        var output = new StringBuilder();
        foreach (int point in points)
        {
            if (point < 0x80) output.Append((char)point);
        }

        int basic = output.Length, handled = basic, bias = InitialBias;
        if (basic > 0) output.Append('-');
        long n = InitialN, delta = 0;
        while (handled < points.Count)
        {
            long next = points.Where(point => point >= n).Min();
            delta += (next - n) * (handled + 1);
            n = next;
            foreach (int point in points)
            {
                if (point < n) delta++;
                if (point != n) continue;

                AppendVariable(output, delta, bias);
                bias = Adapt(delta, handled + 1, handled == basic);
                delta = 0;
                handled++;
            }

            delta++;
            n++;
        }

        return output.ToString();
    }

    private static void AppendVariable(StringBuilder output, long value, int bias)
    {
        for (int k = Base; ; k += Base)
        {
            int threshold = Threshold(k, bias);
            if (value < threshold) break;
            output.Append(DigitFor((int)(threshold + (value - threshold) % (Base - threshold))));
            value = (value - threshold) / (Base - threshold);
        }

        output.Append(DigitFor((int)value));
    }

    private static int Threshold(int k, int bias) => Math.Clamp(k - bias, TMin, TMax);

    private static int Adapt(long delta, int count, bool first)
    {
        delta = first ? delta / Damp : delta / 2;
        delta += delta / count;
        int k = 0;
        for (; delta > (Base - TMin) * TMax / 2; k += Base) delta /= Base - TMin;
        return k + (int)((Base - TMin + 1) * delta / (delta + Skew));
    }

    private static int DigitOf(byte c) => c switch
    {
        >= (byte)'a' and <= (byte)'z' => c - 'a',
        >= (byte)'A' and <= (byte)'Z' => c - 'A',
        >= (byte)'0' and <= (byte)'9' => c - '0' + 26,
        _ => -1,
    };

    private static char DigitFor(int digit) => (char)(digit < 26 ? 'a' + digit : '0' + digit - 26);
}
