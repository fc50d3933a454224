using System.Collections.Immutable;

namespace Stateway.Gateway.Mirrors;

/// <summary>A request and what the base has answered, copied; nothing in it belongs to the connection that it came from.</summary>
/// <param name="OperationId">What differences are gathered under.</param>
/// <param name="Target">Path and query, as they came.</param>
public sealed record MirrorCopy(
    string OperationId, string Method, string Target, ImmutableArray<KeyValuePair<string, string>> Headers, ReadOnlyMemory<byte> Body, MirrorAnswer Answer)
{
    /// <summary>That the request had, and its copy has too.</summary>
    public string RequestId { get; init; } = "";

    /// <summary>What answers it.</summary>
    internal RequestPipeline? Pipeline { get; init; }

    /// <summary>About what it keeps in memory.</summary>
    internal long Bytes => Target.Length + Body.Length + Answer.Body.Length + (64L * (Headers.Length + Answer.Headers.Length));
}

/// <param name="Headers">A field may stand there several times.</param>
/// <param name="IsWhole">Whether the body is all there; one beyond <see cref="MirrorRules.BodyBytesMax"/> is not.</param>
public sealed record MirrorAnswer(int Status, ImmutableArray<KeyValuePair<string, string>> Headers, ReadOnlyMemory<byte> Body, bool IsWhole = true);
