using System.Globalization;
using System.Text.Json;
using Stateway.Client.Kinds;

namespace Stateway.Client.Output;

/// <summary>A column of a table of resources.</summary>
internal sealed record Column(string Title, Func<ResourceName, JsonElement, string> Value)
{
    private const int ScalarsMax = 5; // of a table that is not wide
    private static readonly string[] Known = ["id", "create_time", "update_time", "generation", "status", "finalizers", "owner", "delete_time", "labels"];

    /// <summary>
    /// Which parents, which id, its short fields, whether it is ready, how old it is; when wide also its long fields, its labels, its
    /// generation and when it was last changed.
    /// </summary>
    public static List<Column> Of(Kind kind, bool wide, TimeProvider time)
    {
        var columns = new List<Column>();
        foreach (var (each, i) in kind.Line.Select((each, i) => (each, i)))
            columns.Add(new(each == kind ? "ID" : Upper(each.Singular), (name, _) => name.Ids[i]));

        var own = kind.Fields.Where(field => !Known.Contains(field.Name) && !field.WriteOnly);
        var shown = wide ? own : own.Where(field => field.IsScalar).Take(ScalarsMax);
        foreach (var field in shown) columns.Add(new(Upper(field.Name), (_, body) => Cell(body, field.Name)));

        if (wide && kind.Field("labels") is not null) columns.Add(new("LABELS", (_, body) => Cell(body, "labels")));
        if (kind.Field("status") is not null) columns.Add(new("READY", (_, body) => Ready(body)));
        if (wide && kind.Field("generation") is not null) columns.Add(new("GENERATION", (_, body) => Cell(body, "generation")));
        if (wide) columns.Add(new("UPDATED", (_, body) => Cell(body, "update_time")));
        columns.Add(new("AGE", (_, body) => Age(body, time)));
        return columns;
    }

    private static string Upper(string name) => name.Replace('_', ' ').ToUpperInvariant();

    private static string Cell(JsonElement body, string field) => !body.TryGetProperty(field, out var value) ? "" : value.ValueKind switch
    {
        JsonValueKind.Null => "",
        JsonValueKind.String => value.GetString()!,
        _ => value.GetRawText(),
    };

    /// <summary>The condition of that type, else of the first one; with its reason when it isn't true.</summary>
    private static string Ready(JsonElement body)
    {
        if (Session.Text(body, "delete_time") is not null) return "deleting";
        if (!body.TryGetProperty("status", out var status) || status.ValueKind != JsonValueKind.Object
            || !status.TryGetProperty("conditions", out var conditions) || conditions.ValueKind != JsonValueKind.Array || conditions.GetArrayLength() == 0) return "";

        var ready = conditions.EnumerateArray().FirstOrDefault(condition => string.Equals(Session.Text(condition, "type"), "ready", StringComparison.OrdinalIgnoreCase));
        if (ready.ValueKind == JsonValueKind.Undefined) ready = conditions[0];
        string value = Session.Text(ready, "status") ?? "";
        return value == "true" || Session.Text(ready, "reason") is not { Length: > 0 } reason ? value : $"{value} ({reason})";
    }

    private static string Age(JsonElement body, TimeProvider time)
    {
        if (!DateTimeOffset.TryParse(Session.Text(body, "create_time"), CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind, out var created)) return "";

        var age = time.GetUtcNow() - created;
        return age switch
        {
            { TotalSeconds: < 1 } => "0s",
            { TotalMinutes: < 2 } => $"{(int)age.TotalSeconds}s",
            { TotalHours: < 2 } => $"{(int)age.TotalMinutes}m",
            { TotalDays: < 2 } => $"{(int)age.TotalHours}h",
            _ => $"{(int)age.TotalDays}d",
        };
    }
}
