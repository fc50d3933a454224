using System.Buffers;
using Stateway.Collections.Patches;
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

    public (ReadOnlyMemory<byte> Value, Problem? Problem) Apply(ReadOnlyMemory<byte> current, GatewayLimits limits)
    {
        var output = new ArrayBufferWriter<byte>(current.Length + _merge.Length);
        var error = _operations is null ? MergePatch.Apply(current, _merge, output) : _operations.Apply(current, output, limits.BodyBytesMax);
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
