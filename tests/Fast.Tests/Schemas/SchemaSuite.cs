using System.Text;
using System.Text.Json;
using Stateway.Model.Schemas;
using Stateway.TestKit;
using Xunit;

namespace Stateway.Fast.Tests.Schemas;

/// <summary>Runs files of the official JSON Schema test suite: each case is a schema, a value and whether it is valid.</summary>
internal sealed class SchemaSuite
{
    private readonly string _root;
    private readonly List<(string Uri, JsonElement Document)> _remotes = [];

    private SchemaSuite(string root)
    {
        _root = root;
        string remotes = Path.Combine(root, "remotes");
        foreach (string file in Directory.EnumerateFiles(remotes, "*.json", SearchOption.AllDirectories))
        {
            string path = Path.GetRelativePath(remotes, file).Replace('\\', '/');

            // Other drafts are other languages.
            bool other = path.StartsWith("draft", StringComparison.Ordinal) && !path.StartsWith("draft2020-12/", StringComparison.Ordinal);
            if (!other && !path.StartsWith("v1/", StringComparison.Ordinal)) _remotes.Add(("http://localhost:1234/" + path, Read(file)));
        }
    }

    /// <summary>The suite; the test is skipped where it is not there.</summary>
    public static SchemaSuite Open()
    {
        string? folder = Conformance.Folder("json-schema");
        if (folder is null) Assert.Skip("no conformance data");
        return new SchemaSuite(folder!);
    }

    /// <summary>Files of a folder below <c>tests/draft2020-12</c>, as paths below that.</summary>
    public string[] Files(string folder)
    {
        string tests = Path.Combine(_root, "tests", "draft2020-12");
        return [.. Directory.EnumerateFiles(Path.Combine(tests, folder), "*.json").Select(f => Path.GetRelativePath(tests, f)).Order()];
    }

    /// <param name="except">Cases that are left out, as <c>schema: case</c> or <c>schema</c>.</param>
    /// <returns>How many cases were run, and those that failed.</returns>
    public (int Run, List<string> Failed) Run(string file, bool assertFormats, IReadOnlyCollection<string> except)
    {
        int run = 0;
        var failed = new List<string>();
        foreach (var group in Read(Path.Combine(_root, "tests", "draft2020-12", file)).EnumerateArray())
        {
            string name = group.GetProperty("description").GetString()!.Trim();
            if (except.Contains(name)) continue;

            var set = new SchemaSet(SchemaDialect.Draft202012) { AssertFormats = assertFormats };
            foreach (var (uri, document) in _remotes) set.Add(uri, document);
            set.Add("http://localhost:5678/case.json", group.GetProperty("schema"));
            var compiled = set.Compile("http://localhost:5678/case.json", SchemaUse.Plain);
            foreach (var test in group.GetProperty("tests").EnumerateArray())
            {
                string full = $"{name}: {test.GetProperty("description").GetString()!.Trim()}";
                if (except.Contains(full)) continue;

                run++;
                bool valid = test.GetProperty("valid").GetBoolean();
                if (Problem(compiled, test.GetProperty("data"), valid) is { } problem) failed.Add($"{file}: {full}: {problem}");
            }
        }

        return (run, failed);
    }

    private static string? Problem(SchemaCompilation compiled, JsonElement data, bool valid)
    {
        if (compiled.Schema is null) return "does not compile: " + string.Join("; ", compiled.Defects);

        var errors = new SchemaErrors();
        bool passed = compiled.Schema.Validate(Encoding.UTF8.GetBytes(data.GetRawText()), errors);
        if (passed == valid && !errors.Malformed) return null;
        return $"should be {(valid ? "valid" : "invalid")}: {data} {string.Join("; ", errors.Items)}";
    }

    private static JsonElement Read(string file)
    {
        using var document = JsonDocument.Parse(File.ReadAllText(file));
        return document.RootElement.Clone();
    }
}
