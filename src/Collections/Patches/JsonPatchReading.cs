using System.Collections.Immutable;
using System.Text.Json;

namespace Stateway.Collections.Patches;

/// <summary>Reads the operations of a patch whose JSON is known to be fine; finds all that is wrong with them.</summary>
internal sealed class JsonPatchReading(ReadOnlyMemory<byte> json)
{
    private const int ErrorsMax = 100;

    private readonly ImmutableArray<PatchError>.Builder _errors = ImmutableArray.CreateBuilder<PatchError>();

    /// <summary>What an operation says, right or wrong; members that RFC 6902 does not define are ignored (section 4).</summary>
    private struct Parts
    {
        public string? Op;
        public JsonPointer? Path;
        public JsonPointer? From;
        public bool HasPath;
        public bool HasFrom;
        public ReadOnlyMemory<byte>? Value;
    }

    public ImmutableArray<PatchError> Read(out ImmutableArray<PatchOperation> operations)
    {
        operations = [];
        var reader = new Utf8JsonReader(json.Span, PatchText.Options);
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            return [new PatchError(PatchFailure.Invalid, "", "A JSON patch is an array of operations.")];
        }

        var read = ImmutableArray.CreateBuilder<PatchOperation>();
        for (int i = 0; reader.Read() && reader.TokenType != JsonTokenType.EndArray && _errors.Count < ErrorsMax; i++)
        {
            if (i == JsonPatch.OperationsMax)
            {
                _errors.Add(new PatchError(PatchFailure.TooLarge, "", $"A patch has at most {JsonPatch.OperationsMax} operations."));
                break;
            }

            string pointer = $"/{i}";
            if (reader.TokenType != JsonTokenType.StartObject)
            {
                Invalid(pointer, "An operation is an object.");
                reader.Skip();
            }
            else if (Operation(Members(ref reader, pointer), pointer) is { } operation)
            {
                read.Add(operation);
            }
        }

        if (_errors.Count == 0) operations = read.DrainToImmutable();
        return _errors.DrainToImmutable();
    }

    private Parts Members(ref Utf8JsonReader reader, string pointer)
    {
        var parts = default(Parts);
        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            string name = PatchText.Text(ref reader);
            reader.Read();
            switch (name)
            {
                case "op":
                    if (reader.TokenType == JsonTokenType.String) parts.Op = PatchText.Text(ref reader);
                    break;
                case "path":
                    parts.HasPath = true;
                    parts.Path = Pointer(ref reader, pointer + "/path");
                    break;
                case "from":
                    parts.HasFrom = true;
                    if (reader.TokenType == JsonTokenType.String) JsonPointer.TryParse(PatchText.Text(ref reader), out parts.From);
                    break;
                case "value":
                    int start = (int)reader.TokenStartIndex;
                    reader.Skip();
                    parts.Value = json[start..(int)reader.BytesConsumed];
                    break;
            }

            reader.Skip();
        }

        return parts;
    }

    private PatchOperation? Operation(Parts parts, string pointer)
    {
        PatchVerb? verb = parts.Op switch
        {
            "add" => PatchVerb.Add,
            "remove" => PatchVerb.Remove,
            "replace" => PatchVerb.Replace,
            "move" => PatchVerb.Move,
            "copy" => PatchVerb.Copy,
            "test" => PatchVerb.Test,
            _ => null,
        };
        int errors = _errors.Count;
        if (verb is null) Invalid(pointer + "/op", "op must be add, remove, replace, move, copy or test.");
        if (!parts.HasPath) Invalid(pointer, "path is missing.");
        if (verb is PatchVerb.Add or PatchVerb.Replace or PatchVerb.Test && parts.Value is null) Invalid(pointer, "value is missing.");
        if (verb is PatchVerb.Move or PatchVerb.Copy)
        {
            if (!parts.HasFrom) Invalid(pointer, "from is missing.");
            else if (parts.From is null) Invalid(pointer + "/from", "This is no JSON pointer: it must be empty or begin with /, and ~ stands only in ~0 and ~1.");
            else if (verb == PatchVerb.Move && parts.Path is { } path && parts.From.IsAbove(path)) Invalid(pointer + "/path", "A value can't be moved into itself.");
        }

        if (_errors.Count > errors || verb is null || parts.Path is null) return null;
        bool hasFrom = verb is PatchVerb.Move or PatchVerb.Copy; // elsewhere from and value are ignored
        bool hasValue = verb is PatchVerb.Add or PatchVerb.Replace or PatchVerb.Test;
        return new PatchOperation(verb.Value, parts.Path, hasFrom ? parts.From : null, hasValue ? parts.Value!.Value : default);
    }

    private JsonPointer? Pointer(ref Utf8JsonReader reader, string pointer)
    {
        if (reader.TokenType == JsonTokenType.String && JsonPointer.TryParse(PatchText.Text(ref reader), out var path)) return path;

        Invalid(pointer, "This is no JSON pointer: it must be empty or begin with /, and ~ stands only in ~0 and ~1.");
        return null;
    }

    private void Invalid(string pointer, string detail) => _errors.Add(new PatchError(PatchFailure.Invalid, pointer, detail));
}
