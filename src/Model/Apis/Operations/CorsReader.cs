using System.Collections.Immutable;
using Stateway.Model.Apis.Documents;

namespace Stateway.Model.Apis.Operations;

/// <summary>Reads <c>x-stateway-cors</c>.</summary>
internal static class CorsReader
{
    public const string Word = "x-stateway-cors";

    /// <returns>Null without the word; what is wrong with it is reported, here or by the structure check.</returns>
    public static CorsSpec? Read(ApiDocument document)
    {
        if (document.Top[Word] is not { Map: not null } cors) return null;

        var spec = new CorsSpec
        {
            Origins = Texts(cors["origins"]),
            Methods = Texts(cors["methods"]),
            Headers = Texts(cors["headers"]),
            ExposedHeaders = Texts(cors["exposed_headers"]),
            Credentials = cors["credentials"]?.IsTrue == true,
            PrivateNetwork = cors["private_network"]?.IsTrue == true,
        };
        if (cors["max_age"] is { } age)
        {
            if (age.Text is { } text && DurationText.Parse(text) is { } parsed) spec = spec with { MaxAge = parsed };
            else document.Error(age, "An age is a number with s or m, above zero and at most an hour: 30s, 10m.");
        }

        foreach (var fault in CorsCheck.Run(spec))
        {
            string? one = fault.Pointer == "/origins" ? cors["origins"]?.Text : null;
            document.Error(cors.Pointer + fault.Pointer, one is null ? fault.Message : $"origins is a list; write ['{one}'].");
        }

        return spec;
    }

    private static ImmutableArray<string> Texts(Spot? list) => list is null ? [] : [.. list.Items.Select(item => item.Text ?? "")];
}
