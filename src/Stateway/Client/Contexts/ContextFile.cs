using System.Text;
using System.Text.Json;
using Stateway.Client.Files;
using Stateway.Model.Apis;
using Stateway.Model.Apis.Text;

namespace Stateway.Client.Contexts;

/// <summary>
/// The contexts that are saved, in <c>stateway/contexts.yaml</c> of the user's configuration folder. It can hold keys, so it is
/// the user's alone (0600), and is replaced whole.
/// </summary>
internal sealed record ContextFile(string Path, string? Current, IReadOnlyList<SavedContext> All)
{
    private const int ContextsMax = 1_000;
    private static readonly string[] Names = ["server", "key", "key_file", "ca_file"];

    /// <summary>Null when there is no home to keep it in.</summary>
    public static string? StandardPath()
    {
        string? folder = Environment.GetEnvironmentVariable("XDG_CONFIG_HOME");
        if (folder is not { Length: > 0 } || !System.IO.Path.IsPathRooted(folder)) // relative ones are to be ignored, by the XDG specification
        {
            if (Environment.GetEnvironmentVariable("HOME") is not { Length: > 0 } home) return null;
            folder = System.IO.Path.Combine(home, ".config");
        }

        return System.IO.Path.Combine(folder, "stateway", "contexts.yaml");
    }

    public SavedContext? Find(string name) => All.FirstOrDefault(context => context.Name == name);

    public static (ContextFile? File, Failure? Failure) Read()
    {
        if (StandardPath() is not { } path) return (new("", null, []), null);

        byte[] content;
        try
        {
            if (!File.Exists(path)) return (new(path, null, []), null);
            if (new FileInfo(path).Length > TextLimits.BytesMax) return (null, new($"{path} is too large."));
            content = File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return (null, new($"{path} can't be read: {e.Message}"));
        }

        var reading = TextReading.Read(path, content);
        var errors = reading.Errors.ToList();
        string? current = null;
        var contexts = new List<SavedContext>();
        if (reading.Root is MapNode root)
        {
            foreach (var member in root.Members)
            {
                if (member.Name == "current") current = TextOf(member.Value, errors, "/current");
                else if (member is { Name: "contexts", Value: MapNode saved }) contexts.AddRange(saved.Members.Take(ContextsMax).Select(each => Read(each, errors)).OfType<SavedContext>());
                else errors.Add(At(member.Place, "/" + member.Name, $"'{member.Name}' is not known here; there are current and contexts."));
            }
        }
        else if (reading.Root is { } other)
        {
            errors.Add(At(other.Place, "", "This must be an object with current and contexts."));
        }

        return errors.Count > 0 ? (null, new("The contexts can't be read.", [.. errors.Select(error => error.ToString())])) : (new(path, current, contexts), null);
    }

    /// <returns>Null when it is written.</returns>
    public Failure? Write()
    {
        if (Path.Length == 0) return new("There is no folder to keep contexts in: neither XDG_CONFIG_HOME nor HOME is set.");

        string folder = System.IO.Path.GetDirectoryName(Path)!;
        string draft = Path + "." + Guid.NewGuid().ToString("N");
        try
        {
            if (OperatingSystem.IsWindows()) Directory.CreateDirectory(folder);
            else Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            using (var file = PrivateFile.Create(draft)) file.Write(Encoding.UTF8.GetBytes(ToYaml()));
            File.Move(draft, Path, overwrite: true);
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            if (File.Exists(draft)) File.Delete(draft);
            return new($"{Path} can't be written: {e.Message}");
        }
    }

    private string ToYaml()
    {
        var json = new System.Buffers.ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(json))
        {
            writer.WriteStartObject();
            if (Current is not null) writer.WriteString("current", Current);
            writer.WriteStartObject("contexts");
            foreach (var context in All)
            {
                writer.WriteStartObject(context.Name);
                writer.WriteString("server", context.Server);
                if (context.Key is not null) writer.WriteString("key", context.Key);
                if (context.KeyFile is not null) writer.WriteString("key_file", context.KeyFile);
                if (context.CaFile is not null) writer.WriteString("ca_file", context.CaFile);
                writer.WriteEndObject();
            }

            writer.WriteEndObject();
            writer.WriteEndObject();
        }

        return YamlOutput.Of(JsonElement.Parse(json.WrittenSpan));
    }

    private static SavedContext? Read(Member member, List<DocumentError> errors)
    {
        string at = JsonPointer.Append("/contexts", member.Name);
        if (member.Value is not MapNode map)
        {
            errors.Add(At(member.Place, at, "A context is an object with a server."));
            return null;
        }

        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var each in map.Members)
        {
            if (!Names.Contains(each.Name)) errors.Add(At(each.Place, JsonPointer.Append(at, each.Name), $"'{each.Name}' is not known here.{NameHint.For(each.Name, Names)}"));
            else if (TextOf(each.Value, errors, JsonPointer.Append(at, each.Name)) is { } text) values[each.Name] = text;
        }

        if (!values.TryGetValue("server", out string? server) || !Connection.TryParseUrl(server, out _))
        {
            errors.Add(At(member.Place, at + "/server", $"{Connection.Rule}."));
            return null;
        }

        return new(member.Name, server, values.GetValueOrDefault("key"), values.GetValueOrDefault("key_file"), values.GetValueOrDefault("ca_file"));
    }

    private static string? TextOf(Node node, List<DocumentError> errors, string pointer)
    {
        if (node is ScalarNode { Type: ScalarKind.String or ScalarKind.Number } scalar) return scalar.Text;

        errors.Add(At(node.Place, pointer, $"This must be a text, not {node.Kind}."));
        return null;
    }

    private static DocumentError At(Place place, string pointer, string message) => new(place.File, place.Line, place.Column, pointer, message);
}
