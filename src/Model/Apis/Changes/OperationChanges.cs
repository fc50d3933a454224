namespace Stateway.Model.Apis.Changes;

/// <summary>Compares one operation with what it was: itself, its parameters, its body, its answers, who may call it.</summary>
internal sealed class OperationChanges(ParameterChanges parameters, ContentChanges contents, SecurityChanges security, ChangeList list)
{
    public void Compare(Operation old, Operation @new)
    {
        CompareItself(old, @new);
        security.Compare(old, @new);
        parameters.Compare(old, @new);
        CompareBodies(old, @new);
        CompareResponses(old, @new);
    }

    private void CompareItself(Operation old, Operation @new)
    {
        var (before, after) = (old.Json["operationId"], @new.Json["operationId"]);
        if (before?.Text != after?.Text)
        {
            list.Add(ChangeRules.OperationIdChanged, (after ?? before)!.Value.Pointer, @new.Name,
                $"The operationId was {before?.Text ?? "none"} and is {after?.Text ?? "none"}. Generated clients name the operation differently.");
        }

        bool was = old.Json.IsTrueAt("deprecated"), now = @new.Json.IsTrueAt("deprecated");
        if (now && !was) list.Add(ChangeRules.OperationDeprecated, @new.Json["deprecated"]!.Value.Pointer, @new.Name, "The operation is deprecated.");
        if (was && !now) list.Add(ChangeRules.OperationRestored, old.Json["deprecated"]!.Value.Pointer, @new.Name, "The operation is no longer deprecated.");
    }

    private void CompareBodies(Operation old, Operation @new)
    {
        Piece? before = old.Json["requestBody"] is { } one ? old.Side.Resolve(one) : null;
        Piece? after = @new.Json["requestBody"] is { } other ? @new.Side.Resolve(other) : null;
        if (before is { } gone && after is null)
        {
            list.Add(ChangeRules.BodyRemoved, gone.Pointer, @new.Name, "The operation takes no body any more. Breaks clients that send one.");
            return;
        }

        if (after is not { } body) return;

        bool isRequired = body.IsTrueAt("required");
        if (before is not { } earlier)
        {
            if (isRequired) list.Add(ChangeRules.RequiredBodyAdded, body.Pointer, @new.Name, "The operation needs a body, and took none. Breaks all clients that call it.");
            else list.Add(ChangeRules.BodyAdded, body.Pointer, @new.Name, "The operation takes a body.");
            return;
        }

        bool wasRequired = earlier.IsTrueAt("required");
        if (isRequired && !wasRequired) list.Add(ChangeRules.BodyBecameRequired, body["required"]!.Value.Pointer, @new.Name, "The body is required, and was optional. Breaks clients that send none.");
        if (wasRequired && !isRequired) list.Add(ChangeRules.BodyBecameOptional, earlier["required"]!.Value.Pointer, @new.Name, "The body is optional, and was required.");
        contents.Compare(earlier["content"], body["content"], Direction.Sent, @new.Name, "the request body");
    }

    private void CompareResponses(Operation old, Operation @new)
    {
        var before = Responses(old);
        var after = Responses(@new);
        foreach (var (status, response) in after)
        {
            if (before.TryGetValue(status, out var same) || Covering(before, status) is { } range && before.TryGetValue(range, out same))
                CompareResponse(status, same, response, @new.Name);
            else Added(status, response, @new.Name);
        }

        foreach (var (status, response) in before)
        {
            if (after.ContainsKey(status)) continue;
            if (Covering(after, status) is { } range) CompareResponse(status, response, after[range], @new.Name);
            else Removed(status, response, @new.Name);
        }
    }

    private static Sayings Responses(Operation operation)
    {
        var responses = new Sayings();
        foreach (var (status, response) in operation.Json["responses"]?.Members ?? [])
        {
            if (!status.StartsWith("x-", StringComparison.Ordinal)) responses[status.ToUpperInvariant()] = operation.Side.Resolve(response);
        }

        return responses;
    }

    /// <summary><c>2XX</c> for 204, where it is described.</summary>
    private static string? Covering(Sayings responses, string status) =>
        status.Length == 3 && char.IsAsciiDigit(status[1]) && responses.ContainsKey(status[..1] + "XX") ? status[..1] + "XX" : null;

    private void Added(string status, Piece response, string operation)
    {
        if (status == "428") list.Add(ChangeRules.ConditionRequired, response.Pointer, operation, "The operation answers 428. Breaks clients that write without a condition (If-Match).");
        else if (IsSuccess(status)) list.Add(ChangeRules.SuccessAdded, response.Pointer, operation, $"The status {status} is new. Clients that know no other status of success may take it for a failure.");
        else list.Add(ChangeRules.ResponseAdded, response.Pointer, operation, $"The status {status.ToLowerInvariant()} is new.");
    }

    private void Removed(string status, Piece response, string operation)
    {
        if (status == "428") list.Add(ChangeRules.ConditionNotRequired, response.Pointer, operation, "The operation no longer answers 428: a write needs no condition.");
        else if (IsSuccess(status)) list.Add(ChangeRules.SuccessRemoved, response.Pointer, operation, $"The status {status} is gone. Breaks clients that wait for it.");
        else list.Add(ChangeRules.ResponseRemoved, response.Pointer, operation, $"The status {status.ToLowerInvariant()} is gone.");
    }

    private static bool IsSuccess(string status) => status[0] is '2' or '3' && status != "304";

    private void CompareResponse(string status, Piece old, Piece @new, string operation)
    {
        string name = $"the answer {status.ToLowerInvariant()}";
        contents.Compare(old["content"], @new["content"], Direction.Received, operation, name);
        contents.CompareHeaders(old, @new, operation, name);
    }
}
