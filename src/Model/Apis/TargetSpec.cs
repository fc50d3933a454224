using System.Collections.Immutable;

namespace Stateway.Model.Apis;

/// <summary>What answers an operation.</summary>
public abstract record TargetSpec
{
    private TargetSpec() { } // closed

    /// <summary>A stored collection and what the operation does with it. The path's parameters are the ids, in order.</summary>
    /// <param name="StoreName">The collection's name in the store.</param>
    /// <param name="Action">The action's name when <paramref name="Verb"/> is <see cref="CollectionVerb.Act"/>; else null.</param>
    public sealed record Collection(string StoreName, CollectionVerb Verb, string? Action) : TargetSpec;

    public sealed record Http : TargetSpec
    {
        /// <summary>
        /// As written: absolute, or a path that begins with <c>/</c> and is on this server itself. <c>{name}</c> stands
        /// for a path parameter, percent-encoded when put in; never in the host. <c>{stage.name}</c> stands for a stage's variable.
        /// </summary>
        public required string Url { get; init; }

        /// <summary>From the start of the request until the answer's header section.</summary>
        public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(30);

        /// <summary>Send the client's Host on, instead of the URL's.</summary>
        public bool PreserveHost { get; init; }

        public HeaderRules RequestHeaders { get; init; } = HeaderRules.None;
        public HeaderRules ResponseHeaders { get; init; } = HeaderRules.None;

        /// <summary>What the stage's variables stand for.</summary>
        public StageValues Values { get; init; } = StageValues.None;

        /// <summary>With the values of the stage's variables in URL and header fields: not to be shown to anybody.</summary>
        public Http Filled() => Values.IsEmpty ? this : this with
        {
            Url = StageText.FillUrl(Url, Values), RequestHeaders = RequestHeaders.Filled(Values), ResponseHeaders = ResponseHeaders.Filled(Values), Values = StageValues.None,
        };
    }

    /// <summary>One of the document's own examples.</summary>
    /// <param name="Answers">The chosen one, in each of its media types; at least one, all of one status.</param>
    public sealed record Mock(ImmutableArray<MockAnswer> Answers) : TargetSpec
    {
        /// <summary>Everything the responses have examples of, for clients that ask for one: <c>Prefer: example=NAME</c>, <c>Prefer: status=404</c>.</summary>
        public ImmutableArray<MockAnswer> Alternatives { get; init; } = [];
    }
}

public enum CollectionVerb { List, Create, Get, Replace, Patch, Delete, History, Why, Act }

/// <summary>Changes to a header section, applied in this order: remove, set, add.</summary>
public sealed record HeaderRules(
    ImmutableArray<string> Remove,
    ImmutableArray<KeyValuePair<string, string>> Set,
    ImmutableArray<KeyValuePair<string, string>> Add)
{
    public static HeaderRules None { get; } = new([], [], []);

    internal HeaderRules Filled(StageValues values) => new(Remove, Filled(Set, values), Filled(Add, values));

    private static ImmutableArray<KeyValuePair<string, string>> Filled(ImmutableArray<KeyValuePair<string, string>> fields, StageValues values) =>
        [.. fields.Select(field => KeyValuePair.Create(field.Key, StageText.Fill(field.Value, values)))];
}

/// <summary>One media type of a mock's answer.</summary>
/// <param name="MediaType">As the document writes it, a range included; null for an answer without content.</param>
public sealed record MockAnswer(
    int Status, string? MediaType, ReadOnlyMemory<byte> Body, ImmutableArray<KeyValuePair<string, string>> Headers)
{
    /// <summary>Name of the example; null when it has none.</summary>
    public string? Example { get; init; }
}
