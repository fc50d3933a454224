using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Http;
using Stateway.Collections.Reading;
using Stateway.Gateway;
using Stateway.Gateway.Content.Negotiation;
using Stateway.Model.Problems;

namespace Stateway.Collections.Watching;

/// <summary>What a GET with <c>watch=true</c> asks for.</summary>
/// <param name="ViewText">The parameters that make the view, and the form: equal texts mean equal views of one collection.</param>
/// <param name="After">The revision that the client has seen everything up to; null when it begins.</param>
internal sealed record WatchRequest(View View, string ViewText, long? After)
{
    public static bool IsAsked(HttpRequest request) =>
        request.QueryString.HasValue && request.Query["watch"] is { Count: 1 } value && value[0] == "true";

    public static WatchRequest? Read(Exchange exchange, Collection collection, out Problem? problem)
    {
        var request = exchange.Request;
        var asked = ListRequest.ReadOfWatch(exchange, collection, out problem);
        long? after = asked.Revision;
        if (problem is not null) return null;

        if (!TryChoose(request, out var form))
        {
            problem = new(ProblemTypes.NotAcceptable, "There is application/x-ndjson, text/event-stream.");
            return null;
        }

        // Where an event source got to counts more than where its URL began.
        string? last = request.Headers["Last-Event-ID"];
        if (!string.IsNullOrEmpty(last))
        {
            if (!TryParse(last, out long seen))
            {
                problem = new(ProblemTypes.InvalidParameter, Wording.Count(1, "header"))
                {
                    Errors = [new("TYPE", $"\"{last}\" is no revision.") { Header = "Last-Event-ID" }],
                };
                return null;
            }

            after = seen;
        }

        var fields = request.Query.ContainsKey("fields") ? asked.Fields : null;
        return new(new View(asked.Filter, fields, form), TextOf(request, form), after);
    }

    private static bool TryParse(string text, out long revision) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out revision);

    /// <returns>False when the client takes neither form.</returns>
    private static bool TryChoose(HttpRequest request, out WatchForm form)
    {
        var accept = request.Headers.Accept;
        var stream = MediaPreference.Of(accept, "text", "event-stream");
        var lines = MediaPreference.Best(MediaPreference.Of(accept, "application", "x-ndjson"), MediaPreference.Of(accept, "application", "json"));
        form = MediaPreference.Best(lines, stream) == lines ? WatchForm.Lines : WatchForm.EventStream;
        return stream.Weight > 0 || lines.Weight > 0;
    }

    /// <summary>Names and values with their lengths, so that no two views have one text.</summary>
    private static string TextOf(HttpRequest request, WatchForm form)
    {
        var text = new StringBuilder(form == WatchForm.EventStream ? "s" : "l");
        foreach (var (name, values) in request.Query.OrderBy(p => p.Key, StringComparer.Ordinal))
        {
            if (name is "watch" or "revision") continue;

            string value = values.ToString();
            text.Append(CultureInfo.InvariantCulture, $" {name.Length}:{name}={value.Length}:{value}");
        }

        return text.ToString();
    }
}
