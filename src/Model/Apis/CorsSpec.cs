using System.Collections.Immutable;

namespace Stateway.Model.Apis;

/// <summary>
/// Which pages of other origins may call an API (the CORS protocol of the Fetch standard). As its owner wrote it;
/// <see cref="CorsCheck"/> says what is wrong with it. An empty list stands for what is usual.
/// </summary>
public sealed record CorsSpec
{
    /// <summary><c>https://shop.example</c>, <c>https://*.shop.example</c> (one label in the place of <c>*</c>), or <c>*</c> for every origin.</summary>
    public required ImmutableArray<string> Origins { get; init; }

    /// <summary>Methods that a page may use; <c>*</c> for all. Empty: those that the path has.</summary>
    public ImmutableArray<string> Methods { get; init; } = [];

    /// <summary>Request fields that a page may set. Empty, or <c>*</c>: all of them.</summary>
    public ImmutableArray<string> Headers { get; init; } = [];

    /// <summary>Fields of an answer that a page may read, beside those that it always may. Empty: those that Stateway's own answers have.</summary>
    public ImmutableArray<string> ExposedHeaders { get; init; } = [];

    /// <summary>Cookies and client certificates come along, and pages see the answers to such requests.</summary>
    public bool Credentials { get; init; }

    /// <summary>How long a browser may remember the answer to a preflight; whole seconds, at most a day.</summary>
    public TimeSpan MaxAge { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Pages of public sites may call, although this server stands in a private network.</summary>
    public bool PrivateNetwork { get; init; }

    public bool Equals(CorsSpec? other) =>
        other is not null && Credentials == other.Credentials && MaxAge == other.MaxAge && PrivateNetwork == other.PrivateNetwork
        && Origins.AsSpan().SequenceEqual(other.Origins.AsSpan()) && Methods.AsSpan().SequenceEqual(other.Methods.AsSpan())
        && Headers.AsSpan().SequenceEqual(other.Headers.AsSpan()) && ExposedHeaders.AsSpan().SequenceEqual(other.ExposedHeaders.AsSpan());

    public override int GetHashCode() => HashCode.Combine(Origins.Length, Origins.IsEmpty ? null : Origins[0], Credentials, MaxAge, PrivateNetwork);
}

/// <summary>What is wrong with a <see cref="CorsSpec"/>.</summary>
/// <param name="Pointer">JSON pointer into it, by the words of a document: <c>/origins/0</c>.</param>
public sealed record CorsFault(string Pointer, string Message);
