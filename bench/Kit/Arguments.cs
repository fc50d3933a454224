using System.Globalization;

namespace Stateway.Bench;

/// <summary>Numbers of a benchmark's command line: <c>--seconds 4</c>.</summary>
public static class Arguments
{
    public static int Number(string[] args, string name, int otherwise)
    {
        int at = Array.IndexOf(args, name);
        return at >= 0 && at + 1 < args.Length ? int.Parse(args[at + 1], CultureInfo.InvariantCulture) : otherwise;
    }
}
