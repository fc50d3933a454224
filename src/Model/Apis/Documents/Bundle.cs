using System.Text.RegularExpressions;
using Stateway.Model.Apis.Text;

namespace Stateway.Model.Apis.Documents;

/// <summary>
/// Makes a document self-contained: what it refers to in other files of the folder becomes a component of its own,
/// and every reference is checked. Nothing is ever fetched.
/// </summary>
internal sealed partial class Bundle
{
    private readonly ApiDocument _document;
    private readonly SourceFolder _folder;
    private readonly Dictionary<(string File, string Fragment), string> _taken = [];
    private readonly HashSet<MapNode> _visited = []; // nodes compare by reference; an alias's node is met again
    private readonly Queue<(Node Node, Part Part, string File, string Pointer)> _added = [];
    private readonly HashSet<Node> _foreign = []; // what was added: looked at from the queue, as part of the file it is from

    private Bundle(ApiDocument document, SourceFolder folder) => (_document, _folder) = (document, folder);

    public static void Run(ApiDocument document, SourceFolder folder)
    {
        var bundle = new Bundle(document, folder);
        bundle.Visit(document.Root, Part.Document, document.File, "");
        while (bundle._added.TryDequeue(out var next)) bundle.Visit(next.Node, next.Part, next.File, next.Pointer);
    }

    /// <param name="file">Which file the node was written in: what its references are relative to.</param>
    private void Visit(Node node, Part part, string file, string pointer)
    {
        if (node is not MapNode map || !_visited.Add(map)) return;

        // A path item that stands in another file is put in place: OpenAPI 3.0 has no components for it.
        if (part == Part.PathItem && Reference(map) is { } elsewhere && (!elsewhere.StartsWith('#') || file != _document.File))
        {
            TakePathItem(map, elsewhere, file, pointer);
        }
        else if (part != Part.Other && part != Part.Document && Reference(map) is { } reference
            && Rewritten(reference, part, file, JsonPointer.Append(pointer, "$ref")) is { } rewritten && rewritten != reference)
        {
            map.Replace("$ref", new ScalarNode(map["$ref"]!.Place, ScalarKind.String, rewritten));
        }

        if (part == Part.Schema) VisitMapping(map, file, pointer);

        foreach (var member in map.Members.ToArray())
        {
            string at = JsonPointer.Append(pointer, member.Name);
            CheckExtension(member.Name, part, at);
            if (Grammar.FieldOf(part, member.Name) is not { Part: not Part.Other } field) continue;

            switch (field.Holds)
            {
                case Holds.One:
                    Visit(member.Value, field.Part, file, at);
                    break;
                case Holds.Map when member.Value is MapNode parts:
                    foreach (var each in parts.Members.ToArray())
                    {
                        if (!_foreign.Contains(each.Value)) Visit(each.Value, field.Part, file, JsonPointer.Append(at, each.Name));
                    }

                    break;
                case Holds.List when member.Value is ListNode list:
                    for (int i = 0; i < list.Items.Count; i++) Visit(list.Items[i], field.Part, file, at + "/" + i);
                    break;
            }
        }
    }

    /// <summary>A discriminator's mapping refers to schemas too, by plain texts.</summary>
    private void VisitMapping(MapNode schema, string file, string pointer)
    {
        if ((schema["discriminator"] as MapNode)?["mapping"] is not MapNode mapping) return;

        foreach (var member in mapping.Members.ToArray())
        {
            if (member.Value is not ScalarNode { Type: ScalarKind.String } scalar || !scalar.Text.Contains('#')) continue;

            string at = JsonPointer.Append(pointer + "/discriminator/mapping", member.Name);
            if (Rewritten(scalar.Text, Part.Schema, file, at) is { } rewritten && rewritten != scalar.Text)
            {
                mapping.Replace(member.Name, new ScalarNode(scalar.Place, ScalarKind.String, rewritten));
            }
        }
    }

    private void CheckExtension(string name, Part part, string pointer)
    {
        if (!name.StartsWith("x-stateway", StringComparison.Ordinal) || part == Part.Other) return;
        if (Grammar.FieldOf(part, name) is not null) return;

        string hint = Grammar.Extensions.Contains(name)
            ? name switch
            {
                "x-stateway-collections" or "x-stateway-cors" or "x-stateway-variables" => " It stands at the top level of a document.",
                "x-stateway-lifecycle" => " It stands at the top level of a document or in an operation.",
                "x-stateway-target" => " It stands in an operation or in a path.",
                _ => " It stands in a schema.",
            }
            : NameHint.For(name, Grammar.Extensions);
        _document.Error(pointer, $"'{name}' means nothing here.{hint}", name: true);
    }

    /// <summary>The reference as the bundled document says it.</summary>
    /// <returns>Null when it leads nowhere, which is reported.</returns>
    private string? Rewritten(string reference, Part part, string file, string at)
    {
        if (Target(reference, file, at) is not var (targetFile, fragment)) return null;

        if (targetFile == _document.File)
        {
            // An anchor can stand in any schema; compiling the schemas finds it, or that there is none.
            if (fragment.Length > 0 && fragment[0] != '/') return "#" + fragment;
            if (FindOrReport(_document.Root, fragment, reference, at) is null) return null;
            return reference.StartsWith('#') && file == _document.File ? reference : "#" + Fragment(fragment);
        }

        return _taken.TryGetValue((targetFile, fragment), out string? name) ? "#" + name : Take(targetFile, fragment, reference, part, at);
    }

    private string? Take(string file, string fragment, string reference, Part part, string at)
    {
        if (Find(file, fragment, reference, at) is not { } node) return null;

        string[] names = JsonPointer.Split(fragment)!;
        string section = part switch
        {
            Part.Schema => "schemas",
            Part.Parameter => "parameters",
            Part.RequestBody => "requestBodies",
            Part.Response => "responses",
            Part.Header => "headers",
            Part.Example => "examples",
            Part.Link => "links",
            Part.Callback => "callbacks",
            _ => "securitySchemes",
        };
        var components = MapIn(MapIn(_document.Root, "components"), section);
        string wanted = ComponentName().Replace(names.Length > 0 ? names[^1] : Path.GetFileNameWithoutExtension(file), "_");
        string name = wanted;
        for (int i = 2; components.Has(name); i++) name = wanted + i;

        var copy = Copy(node);
        components.TryAdd(name, node.Place, copy);
        _foreign.Add(copy);
        string pointer = $"/components/{section}/{name}";
        _taken.Add((file, fragment), pointer);
        _document.Moved(pointer, file, fragment);
        _added.Enqueue((copy, part, file, pointer)); // its own references come later, so that a circle ends
        return "#" + pointer;
    }

    private void TakePathItem(MapNode map, string reference, string file, string pointer)
    {
        string at = JsonPointer.Append(pointer, "$ref");
        if (Target(reference, file, at) is not var (targetFile, fragment)) return;
        if (Find(targetFile, fragment, reference, at) is not MapNode item) return;

        map.Remove("$ref");
        foreach (var member in ((MapNode)Copy(item)).Members)
        {
            if (!map.TryAdd(member.Name, member.Place, member.Value)) continue;

            string to = JsonPointer.Append(pointer, member.Name);
            _document.Moved(to, targetFile, JsonPointer.Append(fragment, member.Name));
            VisitMember(member, Part.PathItem, targetFile, to);
        }
    }

    private void VisitMember(Member member, Part part, string file, string pointer)
    {
        if (Grammar.FieldOf(part, member.Name) is not { Part: not Part.Other } field) return;
        if (field.Holds == Holds.One) Visit(member.Value, field.Part, file, pointer);
        else if (member.Value is ListNode list)
        {
            for (int i = 0; i < list.Items.Count; i++) Visit(list.Items[i], field.Part, file, pointer + "/" + i);
        }
    }

    /// <summary>Which file and which part of it a reference names.</summary>
    private (string File, string Fragment)? Target(string reference, string file, string at)
    {
        int hash = reference.IndexOf('#');
        string path = Unescape(hash < 0 ? reference : reference[..hash]);
        string fragment = hash < 0 ? "" : Unescape(reference[(hash + 1)..]);
        if (path.Length == 0) return (file, fragment);

        if (path.Contains(':') || path.StartsWith('/') || path.StartsWith('\\'))
        {
            _document.Error(at, $"'{reference}' is not a file beside the document. Stateway fetches nothing: put the file into the folder and write its name.");
            return null;
        }

        if (SourceFolder.Resolve(file, path) is not { } name)
        {
            _document.Error(at, $"'{reference}' leads out of the folder; put the file into it.");
            return null;
        }

        if (!_folder.Has(name))
        {
            string hint = NameHint.For(path, [.. _folder.Names()]);
            _document.Error(at, $"There is no file '{path}'.{hint}");
            return null;
        }

        _document.Files.Add(name);
        return (name, fragment);
    }

    private Node? Find(string file, string fragment, string reference, string at)
    {
        TextReading reading;
        try
        {
            reading = _folder.Text(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _document.Error(at, $"'{file}' can't be read: {e.Message}");
            return null;
        }

        if (reading.Root is not { } root)
        {
            string what = reading.Errors.Count > 0 ? $"{reading.Errors[0].Line}:{reading.Errors[0].Column}: {reading.Errors[0].Message}" : "it is empty.";
            _document.Error(at, $"'{file}' can't be used: {what}");
            return null;
        }

        return FindOrReport(root, fragment, reference, at);
    }

    private Node? FindOrReport(Node root, string fragment, string reference, string at)
    {
        if (JsonPointer.Find(root, fragment) is { } node) return node;

        // The part around it that exists says which names would have been right.
        string[] names = JsonPointer.Split(fragment) ?? [];
        var (around, missing) = (root, "");
        foreach (string name in names)
        {
            missing = name;
            if ((around is MapNode map ? map[name] : null) is not { } next) break;
            around = next;
        }

        string hint = around is MapNode parent ? NameHint.For(missing, [.. parent.Members.Select(member => member.Name)]) : "";
        _document.Error(at, $"'{reference}' leads nowhere: there is no '{missing}'.{hint}");
        return null;
    }

    private static string? Reference(MapNode map) => map["$ref"] is ScalarNode { Type: ScalarKind.String } scalar ? scalar.Text : null;

    private static string Unescape(string text) => text.Contains('%') ? Uri.UnescapeDataString(text) : text;

    private static string Fragment(string pointer) => Uri.EscapeDataString(pointer).Replace("%2F", "/");

    private static MapNode MapIn(MapNode parent, string name)
    {
        if (parent[name] is MapNode map) return map;

        map = new MapNode(parent.Place);
        if (!parent.TryAdd(name, parent.Place, map)) parent.Replace(name, map);
        return map;
    }

    private static Node Copy(Node node)
    {
        switch (node)
        {
            case MapNode map:
                var copy = new MapNode(map.Place);
                foreach (var member in map.Members) copy.TryAdd(member.Name, member.Place, Copy(member.Value));
                return copy;
            case ListNode list:
                return new ListNode(list.Place, [.. list.Items.Select(Copy)]);
            default:
                return node;
        }
    }

    [GeneratedRegex("[^A-Za-z0-9._-]")]
    private static partial Regex ComponentName();
}
