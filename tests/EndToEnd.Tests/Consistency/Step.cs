namespace Stateway.EndToEnd.Tests.Consistency;

public enum Verb { Post, Put, Patch, Delete }

/// <summary>A change of one key: a request, or one of a batch's.</summary>
/// <param name="Value">Whole for POST and PUT; PATCH uses the note. Every write has texts of its own, so that a value tells who wrote it.</param>
/// <param name="IfMatch">The revision that the key must have; 0: no such condition.</param>
/// <param name="CreateOnly"><c>If-None-Match: *</c></param>
public sealed record Step(Verb Verb, string Key, Register Value, long IfMatch = 0, bool CreateOnly = false)
{
    /// <summary>The status with which it is refused in this state; 0 when it is allowed.</summary>
    /// <param name="before">Null when the key was never written.</param>
    public int RefusalIn(PastValue? before)
    {
        bool exists = before?.Value is not null;
        if (IfMatch != 0 && (!exists || before!.Revision != IfMatch)) return 412;
        if (CreateOnly && exists) return 412;
        if (Verb == Verb.Post && exists) return 409;
        return Verb is Verb.Patch or Verb.Delete && !exists ? 404 : 0;
    }

    public int StatusIn(PastValue? before) => Verb switch
    {
        Verb.Post => 201,
        Verb.Put => before?.Value is null ? 201 : 200,
        Verb.Patch => 200,
        _ => 204,
    };

    public Register? ValueAfter(PastValue? before) => Verb switch
    {
        Verb.Patch => new(before?.Value?.Text, Value.Note),
        Verb.Delete => null,
        _ => Value,
    };

    /// <summary>Whether this value came by this write.</summary>
    public bool Made(Register? value) => Verb switch
    {
        Verb.Patch => value is not null && value.Note == Value.Note,
        Verb.Delete => value is null,
        _ => value is not null && value.Text == Value.Text,
    };

    public override string ToString() =>
        $"{Verb} {Key}{(Verb == Verb.Delete ? "" : $" {Value.Text}/{Value.Note}")}{(IfMatch != 0 ? $" if {IfMatch}" : "")}{(CreateOnly ? " if none" : "")}";
}
