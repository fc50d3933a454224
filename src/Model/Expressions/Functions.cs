using System.Collections.Frozen;
using Stateway.Model.Names;

namespace Stateway.Model.Expressions;

/// <summary>How a function may be written.</summary>
/// <param name="IsMember"><c>a.size()</c> is right.</param>
/// <param name="IsGlobal"><c>size(a)</c> is right.</param>
/// <param name="Arguments">The text before the dot included.</param>
internal sealed record FunctionForm(string Name, Function Function, bool IsMember, bool IsGlobal, int Arguments)
{
    public string Example => (IsMember, Arguments) switch
    {
        (true, 2) => $"a.{Name}(b)",
        _ => $"{Name}(a)",
    };
}

/// <summary>The functions of the language, and those of CEL that it leaves out.</summary>
internal static class Functions
{
    private static readonly FrozenDictionary<string, FunctionForm> Known = new FunctionForm[]
    {
        new("size", Function.Size, IsMember: true, IsGlobal: true, 1),
        new("startsWith", Function.StartsWith, IsMember: true, IsGlobal: false, 2),
        new("endsWith", Function.EndsWith, IsMember: true, IsGlobal: false, 2),
        new("contains", Function.Contains, IsMember: true, IsGlobal: false, 2),
        new("matches", Function.Matches, IsMember: true, IsGlobal: true, 2),
        new("timestamp", Function.Timestamp, IsMember: false, IsGlobal: true, 1),
        new("duration", Function.Duration, IsMember: false, IsGlobal: true, 1),
    }.ToFrozenDictionary(form => form.Name);

    private static readonly string[] Macros = ["has", "exists", "all"];

    // Standard in CEL; named so that the message can say more than "unknown".
    private static readonly FrozenSet<string> LeftOut = FrozenSet.Create(
        "int", "uint", "double", "string", "bool", "bytes", "dyn", "type", "map", "filter", "exists_one",
        "getDate", "getDayOfMonth", "getDayOfWeek", "getDayOfYear", "getFullYear", "getHours", "getMilliseconds",
        "getMinutes", "getMonth", "getSeconds");

    public static FunctionForm Form(Function function)
    {
        foreach (var form in Known.Values)
        {
            if (form.Function == function) return form;
        }

        throw new ArgumentOutOfRangeException(nameof(function), function, null);
    }

    public static FunctionForm? Find(string name) => Known.GetValueOrDefault(name);

    public static string Unknown(string name)
    {
        const string all = "there are has, size, startsWith, endsWith, contains, matches, timestamp, duration, exists and all.";
        if (LeftOut.Contains(name)) return $"CEL's {name}() is not part of the language; {all}";

        return Nearest.Of(name, Known.Keys.Concat(Macros)) is { } nearest
            ? $"There is no function {name}(); {nearest}() is near."
            : $"There is no function {name}(); {all}";
    }
}
