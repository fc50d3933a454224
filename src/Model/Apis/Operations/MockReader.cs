using System.Buffers;
using System.Collections.Immutable;
using System.Text;
using Stateway.Model.Apis.Documents;
using Stateway.Model.Apis.Text;

namespace Stateway.Model.Apis.Operations;

/// <summary>
/// Chooses a mock's answers among the examples of an operation's responses: the one that is named, else the first of
/// the best response; where a response has no example, one is made from its schema.
/// </summary>
internal sealed class MockReader(ApiDocument document)
{
    // The server writes these itself, for the content that it really sends.
    private static readonly string[] Reserved =
    [
        "connection", "content-encoding", "content-length", "content-type", "keep-alive", "proxy-connection", "te", "trailer",
        "transfer-encoding", "upgrade",
    ];

    // RFC 9110, section 5.6.2.
    private static readonly SearchValues<char> Token =
        SearchValues.Create("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

    public TargetSpec.Mock? Read(Spot mock, Spot? responses)
    {
        if (responses?.Map is not { Members.Count: > 0 })
        {
            document.Error(mock, "A mock answers from the operation's responses; add some.");
            return null;
        }

        var all = Alternatives(responses);
        if (mock.Text is { } name)
        {
            ImmutableArray<MockAnswer> named = [.. all.Where(answer => answer.Example == name)];
            if (named.IsEmpty)
            {
                document.Error(mock, $"No response has an example '{name}'.{NameHint.For(name, [.. all.Select(answer => answer.Example).OfType<string>().Distinct()])}");
                return null;
            }

            int status = named[0].Status;
            return new([.. named.Where(answer => answer.Status == status)]) { Alternatives = all };
        }

        return Best(all);
    }

    /// <summary>Of every operation of a document that says nothing of targets.</summary>
    public TargetSpec.Mock Read(Spot? responses) => Best(responses is null ? [] : Alternatives(responses));

    /// <summary>The lowest 2xx, else the first; each media type's first example.</summary>
    private static TargetSpec.Mock Best(ImmutableArray<MockAnswer> all)
    {
        if (all.IsEmpty) return new([new(204, null, default, [])]);

        int status = all.Where(answer => answer.Status is >= 200 and < 300).Select(answer => (int?)answer.Status).Min() ?? all[0].Status;
        return new([.. all.Where(answer => answer.Status == status).DistinctBy(answer => answer.MediaType)]) { Alternatives = all };
    }

    private ImmutableArray<MockAnswer> Alternatives(Spot responses)
    {
        var answers = ImmutableArray.CreateBuilder<MockAnswer>();
        foreach (var member in responses.Members)
        {
            if (StatusOf(member.Name) is not { } status || document.Resolve(member) is not { } response) continue;

            var headers = HeadersOf(response);
            if (response["content"]?.Map is not { Members.Count: > 0 })
            {
                answers.Add(new(status, null, default, headers));
                continue;
            }

            foreach (var media in response["content"]!.Members)
            {
                foreach (var (name, value) in Examples(media))
                {
                    if (BodyOf(media.Name, value) is { } body) answers.Add(new(status, media.Name, body, headers) { Example = name });
                }
            }
        }

        return answers.ToImmutable();
    }

    private IEnumerable<(string? Name, Node Value)> Examples(Spot media)
    {
        bool any = false;
        foreach (var named in media["examples"]?.Members ?? [])
        {
            if (document.Resolve(named)?["value"] is not { } value) continue;
            any = true;
            yield return (named.Name, value.Node);
        }

        if (media["example"] is { } example) yield return (null, example.Node);
        else if (!any) yield return (null, new ExampleMaker(document).Make(media["schema"]));
    }

    private ImmutableArray<KeyValuePair<string, string>> HeadersOf(Spot response)
    {
        var headers = ImmutableArray.CreateBuilder<KeyValuePair<string, string>>();
        foreach (var member in response["headers"]?.Members ?? [])
        {
            if (document.Resolve(member) is not { } header || !IsMockable(member.Name)) continue;

            var schema = document.Resolve(header["schema"]);
            var value = header["example"] ?? schema?["example"] ?? schema?["examples"]?.Items.FirstOrDefault()
                ?? schema?["default"] ?? schema?["const"] ?? schema?["enum"]?.Items.FirstOrDefault();
            if (value?.Node is not ScalarNode { Type: not ScalarKind.Null } scalar) continue;
            if (scalar.Text.Any(c => c is < ' ' or > '~'))
            {
                document.Error(value, "A header field's value is visible ASCII.");
                continue;
            }

            headers.Add(new(member.Name, scalar.Text));
        }

        return headers.ToImmutable();
    }

    private static bool IsMockable(string name) =>
        name.Length > 0 && !name.AsSpan().ContainsAnyExcept(Token) && !Reserved.Contains(name, StringComparer.OrdinalIgnoreCase);

    /// <returns>Null when the example can't stand for a body of this media type.</returns>
    private static ReadOnlyMemory<byte>? BodyOf(string mediaType, Node value)
    {
        if (MediaTypes.IsJson(mediaType)) return NodeJson.ToUtf8(value);
        if (value is ScalarNode scalar) return Encoding.UTF8.GetBytes(scalar.Type == ScalarKind.Null ? "" : scalar.Text);
        return mediaType.StartsWith("*/", StringComparison.Ordinal) ? NodeJson.ToUtf8(value) : null;
    }

    /// <returns>Null for what is no final answer's status: a 1xx alone would leave the client waiting.</returns>
    private static int? StatusOf(string status) => status switch
    {
        "default" => 200,
        [>= '2' and <= '5', 'X', 'X'] => (status[0] - '0') * 100,
        [>= '2' and <= '5', >= '0' and <= '9', >= '0' and <= '9'] => int.Parse(status),
        _ => null,
    };
}
