namespace Stateway.Collections.Patches;

/// <summary>The document while the operations of one patch change it; thrown away when one of them fails.</summary>
internal sealed class PatchedDocument(ReadOnlyMemory<byte> target, int bytesMax)
{
    private int _bytesCopied;

    public PatchNode Root { get; private set; } = new(target);

    /// <param name="index">Of the operation in its patch.</param>
    public PatchError? Apply(PatchOperation operation, int index)
    {
        var (verb, path, from, value) = operation;
        return verb switch
        {
            PatchVerb.Add => Add(path, new PatchNode(value), index),
            PatchVerb.Remove => Remove(path, index, "path"),
            PatchVerb.Replace => Replace(path, new PatchNode(value), index),
            PatchVerb.Move => Move(from!, path, index),
            PatchVerb.Copy => Copy(from!, path, index),
            _ => Test(path, new PatchNode(value), index),
        };
    }

    public static PatchError Beyond(PatchFailure failure, string pointer, int bytesMax) => new(failure, pointer, failure == PatchFailure.TooDeep
        ? $"The result is nested deeper than {PatchText.DepthMax} levels."
        : $"The result is larger than {bytesMax} bytes.");

    private PatchError? Add(JsonPointer path, PatchNode value, int index)
    {
        if (path.Tokens.IsEmpty)
        {
            Root = value;
            return null;
        }

        return Parent(path)?.TryAdd(path.Tokens[^1], value) == true ? null : NotFound(path, index, "path", "to add to");
    }

    private PatchError? Remove(JsonPointer path, int index, string member)
    {
        if (path.Tokens.IsEmpty) return new PatchError(PatchFailure.Invalid, $"/{index}/{member}", "The whole document can't be removed.");
        return Parent(path)?.TryRemove(path.Tokens[^1]) == true ? null : NotFound(path, index, member);
    }

    private PatchError? Replace(JsonPointer path, PatchNode value, int index)
    {
        if (path.Tokens.IsEmpty) return Add(path, value, index);
        return Parent(path)?.TryReplace(path.Tokens[^1], value) == true ? null : NotFound(path, index, "path");
    }

    private PatchError? Move(JsonPointer from, JsonPointer path, int index)
    {
        if (Find(from) is not { } value) return NotFound(from, index, "from");
        if (from.Text == path.Text) return null;
        return Remove(from, index, "from") ?? Add(path, value, index);
    }

    private PatchError? Copy(JsonPointer from, JsonPointer path, int index)
    {
        if (Find(from) is not { } value) return NotFound(from, index, "from");
        if (value.Copy(bytesMax - _bytesCopied, out var copy, out int bytes) is { } failure) return Beyond(failure, $"/{index}", bytesMax);

        _bytesCopied += bytes;
        return Add(path, copy, index);
    }

    private PatchError? Test(JsonPointer path, PatchNode value, int index)
    {
        if (Find(path) is not { } actual) return NotFound(path, index, "path");
        return actual.IsEqualTo(value)
            ? null
            : new PatchError(PatchFailure.TestFailed, $"/{index}/value", $"The value at {Where(path)} is another one.");
    }

    private PatchNode? Parent(JsonPointer path) => Walk(path.Tokens[..^1]);

    private PatchNode? Find(JsonPointer path) => Walk(path.Tokens);

    private PatchNode? Walk(ReadOnlySpan<string> tokens)
    {
        PatchNode? node = Root;
        foreach (string token in tokens)
        {
            node = node.Find(token);
            if (node is null) return null;
        }

        return node;
    }

    private static PatchError NotFound(JsonPointer path, int index, string member, string purpose = "") =>
        new(PatchFailure.PathNotFound, $"/{index}/{member}", $"There is nothing {(purpose.Length == 0 ? "" : purpose + " ")}at {Where(path)}.");

    private static string Where(JsonPointer path) => path.Tokens.IsEmpty ? "the root" : path.Text;
}
