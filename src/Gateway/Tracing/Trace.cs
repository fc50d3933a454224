using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Http;
using Stateway.Gateway.Routing;

namespace Stateway.Gateway.Tracing;

/// <summary>How long the steps of one request took, for a caller who may know (<see cref="TraceKey"/>). Begins in the first step.</summary>
public sealed class Trace(TimeProvider time)
{
    private const int DescriptionCharactersMax = 256;

    private readonly long _began = time.GetTimestamp();
    private readonly TimeSpan?[] _took = new TimeSpan?[3]; // by TraceStep; null for one that the request did not come to
    private TraceStep _step = TraceStep.Match;
    private TimeSpan _until;

    /// <summary>The step before it is over.</summary>
    public void Enter(TraceStep step)
    {
        EndStep();
        _step = step;
    }

    /// <summary>
    /// <c>Server-Timing</c>, in milliseconds. It goes out with the header section, so that content which is still to come is not in it;
    /// what a service behind the operation says of its own stands before it.
    /// </summary>
    /// <param name="operation">Null where none matched.</param>
    public void Mark(IHeaderDictionary headers, Operation? operation)
    {
        EndStep();
        var text = new StringBuilder();
        Append(text, "match", _took[(int)TraceStep.Match]);
        Append(text, "validate", _took[(int)TraceStep.Validate]);
        if (_took[(int)TraceStep.Target] is { } target) Append(text, "target", target, operation?.Target.TraceName);
        Append(text, "total", _until);
        if (operation?.ServedAs is { } served)
        {
            Append(text, "deployment", null, served.Deployment);
            Append(text, "stage", null, served.Stage);
        }

        if (operation is not null) Append(text, "operation", null, operation.OperationId);
        headers.Append("Server-Timing", text.ToString());
    }

    private void EndStep()
    {
        var now = time.GetElapsedTime(_began);
        _took[(int)_step] = now - _until;
        _until = now;
    }

    private static void Append(StringBuilder text, string name, TimeSpan? took, string? description = null)
    {
        if (took is null && description is null) return;

        if (text.Length > 0) text.Append(", ");
        text.Append(name);
        if (description is not null) AppendQuoted(text.Append(";desc="), description);
        if (took is { } time) text.Append(";dur=").Append(time.TotalMilliseconds.ToString("0.000", CultureInfo.InvariantCulture));
    }

    /// <summary>A quoted-string (RFC 9110, section 5.6.4). What is not visible ASCII can't stand in a field.</summary>
    private static void AppendQuoted(StringBuilder text, string value)
    {
        text.Append('"');
        foreach (char c in value.AsSpan(0, Math.Min(value.Length, DescriptionCharactersMax)))
        {
            if (c is '"' or '\\') text.Append('\\');
            text.Append(c is >= ' ' and <= '~' ? c : '?');
        }

        text.Append('"');
    }
}
