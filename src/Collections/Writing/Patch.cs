using System.Buffers;
using System.Collections.Immutable;
using Stateway.Collections.Patches;
using Stateway.Collections.Representations;
using Stateway.Gateway;
using Stateway.Gateway.Content;
using Stateway.Gateway.Content.Negotiation;
using Stateway.Model.Problems;

namespace Stateway.Collections.Writing;

/// <summary>A PATCH body: a merge patch (RFC 7396) or a JSON patch (RFC 6902), by its media type.</summary>
internal sealed class Patch
{
    public const string MediaTypes = "application/merge-patch+json, application/json-patch+json";

    private readonly ReadOnlyMemory<byte> _merge;
    private readonly JsonPatch? _operations;

    private Patch(ReadOnlyMemory<byte> merge, JsonPatch? operations) => (_merge, _operations) = (merge, operations);

    public static async ValueTask<(Patch? Patch, Problem? Problem)> ReadAsync(Exchange exchange, GatewayLimits limits)
    {
        var type = ContentType.Parse(exchange.Request.ContentType);
        if (type.Status == ContentTypeStatus.Absent && !BodyReader.HasBody(exchange.Request)) return (null, BodyReader.Missing());

        bool isOperations = type.MediaType == "application/json-patch+json";
        if (type.Status != ContentTypeStatus.Known || !(isOperations || type.MediaType is "application/merge-patch+json" or "application/json"))
        {
            return (null, new Problem(ProblemTypes.UnsupportedMediaType, $"A patch is one of {MediaTypes}.").With("Accept-Patch", MediaTypes));
        }

        var (body, problem) = await BodyReader.ReadAsync(exchange, limits);
        if (problem is not null) return (null, problem);
        if (!isOperations) return (new(body.Plain, null), null);

        return JsonPatch.TryParse(body.Plain, out var operations, out var errors)
            ? (new(default, operations), null)
            : (null, new Problem(errors.Any(e => e.Failure == PatchFailure.Malformed) ? ProblemTypes.MalformedBody : ProblemTypes.InvalidPatch, errors[0].Detail)
            {
                Errors = [.. errors.Select(e => new ProblemError("INVALID_PATCH", e.Detail) { Pointer = e.Pointer })],
            });
    }

    /// <summary>
    /// What is kept and never served can't be learned by a patch: it is neither tested, nor copied or moved to where it
    /// would be served.
    /// </summary>
    /// <param name="served">The mask of what is served.</param>
    public Problem? CheckReads(Mask served)
    {
        if (_operations is null) return null;

        ImmutableArray<ProblemError>.Builder? wrong = null;
        for (int i = 0; i < _operations.Operations.Length; i++)
        {
            var operation = _operations.Operations[i];
            var read = operation.Verb == PatchVerb.Test ? operation.Path : operation.From;
            if (read is null || served.At(read.Tokens) is var mask && mask is { IsAll: true }) continue;
            if (operation.From is not null && mask is not null && served.At(operation.Path.Tokens) == mask) continue; // the same is hidden here and there

            string member = operation.From is null ? "path" : "from";
            (wrong ??= ImmutableArray.CreateBuilder<ProblemError>()).Add(
                new("WRITE_ONLY", $"{(read.Text.Length == 0 ? "The root" : read.Text)} is writeOnly or holds what is; a patch can write it, not read it.") { Pointer = $"/{i}/{member}" });
        }

        return wrong is null ? null : new(ProblemTypes.PatchFailed, wrong[0].Detail) { Errors = wrong.ToImmutable() };
    }

    public (ReadOnlyMemory<byte> Value, Problem? Problem) Apply(ReadOnlyMemory<byte> current, GatewayLimits limits)
    {
        // What a PUT may send, and what the store adds; a resource that defaults have made larger may stay as large.
        int bytesMax = Math.Max(limits.BodyBytesMax + 1024, current.Length);
        var output = new ArrayBufferWriter<byte>(current.Length + _merge.Length);
        var error = _operations is null ? MergePatch.Apply(current, _merge, output) : _operations.Apply(current, output, bytesMax);
        if (error is null && output.WrittenCount > bytesMax) error = new(PatchFailure.TooLarge, "", $"The result is larger than {bytesMax} bytes.");
        if (error is null) return (output.WrittenMemory, null);

        var type = error.Failure switch
        {
            PatchFailure.Malformed => ProblemTypes.MalformedBody,
            PatchFailure.TestFailed => ProblemTypes.WrongState,
            PatchFailure.TooLarge => ProblemTypes.BodyTooLarge,
            _ => ProblemTypes.PatchFailed,
        };
        return (default, new(type, error.Detail) { Errors = [new(type.Code, error.Detail) { Pointer = error.Pointer }] });
    }
}
