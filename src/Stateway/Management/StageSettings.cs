using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using Stateway.Gateway.Canaries;
using Stateway.Gateway.Mirrors;
using Stateway.Gateway.Stages;
using Stateway.Model.Problems;

namespace Stateway.Management;

/// <summary>What a stage asks for beyond its deployment. Two are equal when they ask for the same in the same words.</summary>
internal sealed record StageSettings
{
    public static StageSettings None { get; } = new();

    public CanarySetting? Canary { get; init; }
    public MirrorSetting? Mirror { get; init; }
    public ThrottleSetting? Throttle { get; init; }

    /// <summary>How long answers that say nothing about it stay fresh.</summary>
    public TimeSpan? MaxAge { get; init; }

    public RequestLog? Log { get; init; }

    /// <param name="stage">Fits the kind's schema.</param>
    /// <param name="path">Of the stage, which its canary is named after.</param>
    /// <param name="errors">Gets what the schema can't say.</param>
    public static StageSettings Read(JsonElement stage, string path, ICollection<ProblemError> errors) => new()
    {
        Canary = stage.TryGetProperty("canary", out var canary) ? ReadCanary(canary, path, errors) : null,
        Mirror = stage.TryGetProperty("mirror", out var mirror) ? ReadMirror(mirror, errors) : null,
        Throttle = stage.TryGetProperty("throttle", out var throttle) ? ReadThrottle(throttle) : null,
        MaxAge = stage.TryGetProperty("cache", out var cache) ? Duration(cache.GetProperty("max_age")) : null,
        Log = stage.TryGetProperty("log", out var log) ? ReadLog(log) : null,
    };

    private static ThrottleSetting ReadThrottle(JsonElement json)
    {
        double rate = json.GetProperty("rate").GetDouble();
        return new(rate, json.TryGetProperty("burst", out var burst) ? burst.GetInt32() : (int)Math.Ceiling(rate));
    }

    private static RequestLog ReadLog(JsonElement json) => new(
        !json.TryGetProperty("requests", out var requests) ? LoggedRequests.None : requests.GetString() switch { "all" => LoggedRequests.All, "errors" => LoggedRequests.Errors, _ => LoggedRequests.None },
        json.TryGetProperty("slow", out var slow) ? Duration(slow) : null);

    private static CanarySetting ReadCanary(JsonElement json, string path, ICollection<ProblemError> errors)
    {
        var usual = new CanaryRules();
        var rules = new CanaryRules
        {
            RequestsMin = json.TryGetProperty("requests_min", out var requests) ? requests.GetInt32() : usual.RequestsMin,
            ErrorMargin = Number(json, "error_margin", usual.ErrorMargin),
            LatencyMargin = Number(json, "latency_margin", usual.LatencyMargin),
            LatencyFloor = Duration(json, "latency_floor", usual.LatencyFloor),
            PromoteAfter = Duration(json, "promote_after", usual.PromoteAfter),
            Interval = Duration(json, "interval", usual.Interval),
            FalseAlarms = Number(json, "false_alarms", usual.FalseAlarms),
        };
        Check(rules.Validate, "/canary", errors);

        bool isShare = json.TryGetProperty("percentage", out var percentage), isHeader = json.TryGetProperty("header", out var header);
        bool isSticky = json.TryGetProperty("sticky", out var sticky);
        if (isShare == isHeader) errors.Add(new("CANARY", "A canary is given a percentage of the callers, or those with a certain value in a header: one of the two.") { Pointer = "/canary" });
        else if (isHeader && isSticky) errors.Add(new("CANARY", "sticky tells apart the callers of a percentage; here the header says it all.") { Pointer = "/canary/sticky" });

        var split = isHeader
            ? CanarySplit.ByHeader(header.GetProperty("name").GetString()!, Texts(header.GetProperty("values")))
            : CanarySplit.ByShare(path, isShare ? percentage.GetDouble() : 0, isSticky ? sticky.GetString() : null);
        return new(JsonSerializer.Serialize(json), json.GetProperty("deployment").GetString()!, split, rules);
    }

    private static MirrorSetting ReadMirror(JsonElement json, ICollection<ProblemError> errors)
    {
        var usual = new MirrorRules();
        var rules = usual with
        {
            Percentage = Number(json, "percentage", usual.Percentage),
            Methods = json.TryGetProperty("methods", out var methods) ? Texts(methods) : usual.Methods,
            IgnoredHeaders = json.TryGetProperty("ignored_headers", out var headers) ? [.. usual.IgnoredHeaders, .. Texts(headers)] : usual.IgnoredHeaders,

            // A page token tells when it was made, and a list's revision is the store's: others may have written in between.
            IgnoredPointers = ["/next_page_token", "/revision", .. json.TryGetProperty("ignored_pointers", out var pointers) ? Texts(pointers) : []],
            Timeout = Duration(json, "timeout", usual.Timeout),
        };
        Check(rules.Validate, "/mirror", errors);
        return new(JsonSerializer.Serialize(json), json.GetProperty("deployment").GetString()!, rules);
    }

    private static void Check(Action validate, string pointer, ICollection<ProblemError> errors)
    {
        try
        {
            validate();
        }
        catch (ArgumentException e)
        {
            errors.Add(new("SETTING", e.Message) { Pointer = pointer });
        }
    }

    private static ImmutableArray<string> Texts(JsonElement json) => [.. json.EnumerateArray().Select(text => text.GetString()!)];

    private static double Number(JsonElement json, string name, double usual) => json.TryGetProperty(name, out var number) ? number.GetDouble() : usual;

    private static TimeSpan Duration(JsonElement json, string name, TimeSpan usual) => json.TryGetProperty(name, out var text) ? Duration(text) : usual;

    /// <summary><c>250ms</c>, <c>1.5s</c>, <c>10m</c>, <c>2h</c>, <c>7d</c>: as the schema has it, with at most nine digits before the point.</summary>
    private static TimeSpan Duration(JsonElement json)
    {
        string text = json.GetString()!;
        int digits = text.AsSpan().IndexOfAnyExcept("0123456789.");
        double count = double.Parse(text.AsSpan(0, digits), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture);
        return text[digits..] switch
        {
            "ms" => TimeSpan.FromMilliseconds(count),
            "s" => TimeSpan.FromSeconds(count),
            "m" => TimeSpan.FromMinutes(count),
            "h" => TimeSpan.FromHours(count),
            _ => TimeSpan.FromDays(Math.Min(count, 36_500)),
        };
    }
}

/// <param name="Rate">Requests a second.</param>
/// <param name="Burst">At once, after a rest.</param>
internal sealed record ThrottleSetting(double Rate, int Burst);

/// <param name="Text">As it was written: what is equal in it is equal.</param>
/// <param name="Deployment">The id of one of the same API.</param>
internal sealed record CanarySetting(string Text, string Deployment, CanarySplit Split, CanaryRules Rules)
{
    public bool Equals(CanarySetting? other) => Text == other?.Text;

    public override int GetHashCode() => Text.GetHashCode(StringComparison.Ordinal);
}

/// <inheritdoc cref="CanarySetting"/>
internal sealed record MirrorSetting(string Text, string Deployment, MirrorRules Rules)
{
    public bool Equals(MirrorSetting? other) => Text == other?.Text;

    public override int GetHashCode() => Text.GetHashCode(StringComparison.Ordinal);
}
