using System.Buffers;
using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using Stateway.Gateway.Content;

namespace Stateway.Collections.Patches;

/// <summary>A JSON patch (RFC 6902): all of its operations, in order, or nothing. Values that no operation touches keep their bytes.</summary>
public sealed class JsonPatch
{
    public const int OperationsMax = 1_000;

    private JsonPatch(ImmutableArray<PatchOperation> operations) => Operations = operations;

    public ImmutableArray<PatchOperation> Operations { get; }

    /// <summary>Reads a patch as it was sent.</summary>
    /// <param name="json">Must stay as it is for as long as the patch is used.</param>
    /// <param name="errors">All that is wrong: <see cref="PatchFailure.Malformed"/>, <see cref="PatchFailure.Invalid"/> or <see cref="PatchFailure.TooLarge"/>.</param>
    public static bool TryParse(ReadOnlyMemory<byte> json, [NotNullWhen(true)] out JsonPatch? patch, out ImmutableArray<PatchError> errors)
    {
        patch = null;
        if (PatchText.Check(json.Span) is { } error)
        {
            errors = [error];
            return false;
        }

        var reading = new JsonPatchReading(json);
        errors = reading.Read(out var operations);
        if (errors.IsEmpty) patch = new JsonPatch(operations);
        return patch is not null;
    }

    /// <summary>Applies every operation, or none.</summary>
    /// <param name="target">Valid JSON without duplicate names, at most <see cref="PatchText.DepthMax"/> deep.</param>
    /// <param name="output">Gets the result, or nothing when there is an error.</param>
    /// <param name="bytesMax">Of the result, and of everything that <c>copy</c> operations copy.</param>
    /// <returns>Null when it was applied; otherwise what failed, with a pointer to the operation in the patch.</returns>
    public PatchError? Apply(ReadOnlyMemory<byte> target, IBufferWriter<byte> output, int bytesMax)
    {
        var document = new PatchedDocument(target.Trim(" \t\r\n"u8), bytesMax);
        for (int i = 0; i < Operations.Length; i++)
        {
            if (document.Apply(Operations[i], i) is { } error) return error;
        }

        using var result = new ByteBuffer(target.Length + 256);
        if (document.Root.Write(result, bytesMax) is { } failure) return PatchedDocument.Beyond(failure, "", bytesMax);
        if (!PatchText.IsShallow(result.Written)) return PatchedDocument.Beyond(PatchFailure.TooDeep, "", bytesMax);

        output.Write(result.Written);
        return null;
    }
}
