using System.Buffers;
using System.Text.Json;
using Stateway.Client.Kinds;
using Stateway.Model.Apis.Text;
using Stateway.Model.Names;

namespace Stateway.Client.Files;

/// <summary>
/// Reads resources from files, from the files of a folder and all below it, or from standard input; several in a file are
/// separated by <c>---</c> or stand in a list.
/// </summary>
internal sealed class ResourceFiles(KindSet kinds)
{
    public const string StandardInput = "-";

    private const int ResourcesMax = 10_000;
    private const int FilesMax = 10_000;
    private const int FolderDepthMax = 16;
    private const int ErrorsMax = 100;

    private readonly List<FileResource> _resources = [];
    private readonly List<string> _errors = [];
    private readonly List<string> _leftAlone = [];
    private readonly Dictionary<ResourceName, FileResource> _byName = [];

    public static FileReading Read(IEnumerable<string> paths, KindSet kinds)
    {
        var files = new ResourceFiles(kinds);
        foreach (string path in paths) files.ReadPath(path);
        return new(files._resources, files._errors.Count <= ErrorsMax ? files._errors : [.. files._errors.Take(ErrorsMax), $"… and {files._errors.Count - ErrorsMax} more."], files._leftAlone);
    }

    /// <summary>Resources of one text.</summary>
    public static FileReading Read(string name, byte[] utf8, KindSet kinds)
    {
        var files = new ResourceFiles(kinds);
        files.ReadText(name, utf8, isChosen: true);
        return new(files._resources, files._errors, []);
    }

    private void ReadPath(string path)
    {
        try
        {
            if (path == StandardInput)
            {
                using var input = Console.OpenStandardInput();
                ReadText("standard input", ReadBounded(input), isChosen: true);
            }
            else if (Directory.Exists(path))
            {
                var found = Directory.EnumerateFiles(path, "*", new EnumerationOptions { RecurseSubdirectories = true, MaxRecursionDepth = FolderDepthMax })
                    .Where(file => Path.GetExtension(file).ToLowerInvariant() is ".yaml" or ".yml" or ".json").Take(FilesMax + 1).Order(StringComparer.Ordinal).ToArray();
                if (found.Length > FilesMax) _errors.Add($"{path}: there are more than {FilesMax:N0} files in it.");
                else if (found.Length == 0) _errors.Add($"{path}: there is no .yaml, .yml or .json file in it.");
                else
                {
                    foreach (string file in found) ReadFile(file, isChosen: false);
                }
            }
            else if (File.Exists(path))
            {
                ReadFile(path, isChosen: true);
            }
            else
            {
                _errors.Add($"{path}: there is no such file or folder.");
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _errors.Add($"{path}: it can't be read: {e.Message}");
        }
    }

    private void ReadFile(string file, bool isChosen)
    {
        using var stream = File.OpenRead(file);
        ReadText(file, ReadBounded(stream), isChosen);
    }

    /// <param name="isChosen">A person named it, so it must hold resources.</param>
    private void ReadText(string name, byte[] utf8, bool isChosen)
    {
        int before = _resources.Count + _errors.Count;
        bool isJson = name.EndsWith(".json", StringComparison.OrdinalIgnoreCase);
        foreach (var (part, linesBefore) in isJson ? [(utf8, 0)] : TextParts.Of(utf8))
        {
            var reading = TextReading.Read(name, part);
            foreach (var error in reading.Errors) _errors.Add((error with { Line = error.Line + linesBefore }).ToString());
            if (reading.Root is not { } root) continue;

            var nodes = root is ListNode list ? list.Items : [root];
            if (!isChosen && !nodes.Exists(node => node is MapNode map && map.Has("kind")))
            {
                if (linesBefore == 0) _leftAlone.Add($"{name}: it holds no resource (nothing with kind), and is left alone.");
                continue;
            }

            foreach (var node in nodes) ReadResource(node, linesBefore);
        }

        if (isChosen && _resources.Count + _errors.Count == before) _errors.Add($"{name}: there is no resource in it.");
    }

    private void ReadResource(Node node, int linesBefore)
    {
        if (node is not MapNode map)
        {
            Wrong(node, "", $"A resource is an object with kind and id, not {node.Kind}.");
            return;
        }

        if (map["kind"] is not ScalarNode { Type: ScalarKind.String, Text: var word })
        {
            Wrong(node, "/kind", map.Has("kind") ? "kind must be a text." : "A resource says its kind; this has none.");
            return;
        }

        var (kind, whyNot) = kinds.FindExactly(word);
        if (kind is null)
        {
            Wrong(node, "/kind", whyNot!);
            return;
        }

        if (kind.Field("kind") is not null)
        {
            Wrong(node, "/kind", $"{kind.FullName} have a field of their own called kind, so files can't hold them.");
            return;
        }

        int errors = _errors.Count;
        var members = kind.Line.Select(each => each == kind ? "id" : kind.MemberFor(each)).ToArray();
        var ids = members.Select(member => Id(member)).ToArray();
        if (_errors.Count > errors) return;

        var name = new ResourceName(kind, [.. ids]);
        var resource = new FileResource(name, BodyOf(map, members), node, linesBefore);
        if (!_byName.TryAdd(name, resource))
        {
            Wrong(node, "/id", $"{name} stands here twice; first at {_byName[name].PlaceOf("/id")}.");
            return;
        }

        _resources.Add(resource);
        if (_resources.Count == ResourcesMax + 1) _errors.Add($"There are more than {ResourcesMax:N0} resources.");

        string Id(string member)
        {
            if (map[member] is ScalarNode { Type: ScalarKind.String or ScalarKind.Number, Text: var id } && ResourceId.IsValid(id)) return id;

            Wrong(node, "/" + member, map.Has(member)
                ? $"{member} must be {ResourceId.Rule}."
                : $"{(kind.Depth > 1 ? $"A {kind.Singular} says {string.Join(", ", members)}" : $"A {kind.Singular} says its id")}; {member} is missing.");
            return "";
        }

        void Wrong(Node at, string pointer, string message)
        {
            var spot = JsonPointer.Locate(at, pointer);
            _errors.Add($"{spot.File}:{spot.Line + linesBefore}:{spot.Column}: {message}");
        }
    }

    private static JsonElement BodyOf(MapNode map, string[] members)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, new() { MaxDepth = 128, SkipValidation = true }))
        {
            writer.WriteStartObject();
            foreach (var member in map.Members)
            {
                if (member.Name == "kind" || members.Contains(member.Name)) continue;

                writer.WritePropertyName(member.Name);
                NodeJson.Write(writer, member.Value);
            }

            writer.WriteEndObject();
        }

        return JsonElement.Parse(buffer.WrittenSpan, new() { MaxDepth = 128 });
    }

    /// <summary>One byte more than allowed tells too large from just right, without reading the rest.</summary>
    private static byte[] ReadBounded(Stream stream)
    {
        using var content = new MemoryStream();
        byte[] buffer = new byte[64 * 1024];
        while (content.Length <= TextLimits.BytesMax && stream.Read(buffer) is > 0 and var count) content.Write(buffer, 0, count);
        return content.ToArray();
    }
}
