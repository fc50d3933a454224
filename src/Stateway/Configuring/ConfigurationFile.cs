using System.Globalization;
using System.Net;
using Stateway.Hosting;
using Stateway.Model.Apis;
using Stateway.Model.Apis.Text;
using Stateway.Stores;

namespace Stateway.Configuring;

/// <summary>Either the configuration, or everything that is wrong with its file.</summary>
internal sealed record ConfigurationReading(Configuration? Configuration, IReadOnlyList<DocumentError> Errors);

/// <summary>
/// Reads <c>stateway.yaml</c>: <c>listen</c>, <c>admin</c>, <c>store</c> and <c>history</c>, each optional. Messages never show the store's
/// URL: it may hold a password.
/// </summary>
internal sealed class ConfigurationFile
{
    public const string Name = "stateway.yaml";

    private static readonly string[] Keys = ["listen", "admin", "store", "history"];
    private static readonly string[] HistoryKeys = ["age", "revisions"];

    private readonly List<DocumentError> _errors = [];
    private readonly string _folder;

    private ConfigurationFile(string folder) => _folder = folder;

    /// <summary>The file of a folder that is served; empty when there is none.</summary>
    public static ConfigurationReading ReadIn(string folder)
    {
        string path = Path.Combine(folder, Name);
        if (!File.Exists(path)) return new(Configuration.Empty, []);

        // A document that happens to have this name is an API, and no configuration.
        var reading = Load(path, Name);
        return reading.Root is MapNode root && root.Has("openapi") ? new(Configuration.Empty, []) : Read(reading, Name, folder);
    }

    public static ConfigurationReading Read(string path) =>
        Read(Load(path, path), path, Path.GetDirectoryName(Path.GetFullPath(path))!);

    /// <param name="name">As the user would name the file.</param>
    /// <param name="folder">What a relative path of the file is relative to.</param>
    private static ConfigurationReading Read(TextReading reading, string name, string folder)
    {
        if (reading.Errors.Count > 0) return new(null, reading.Errors);
        if (reading.Root is null or ScalarNode { Type: ScalarKind.Null }) return new(Configuration.Empty, []);

        var file = new ConfigurationFile(folder);
        var configuration = file.ReadRoot(reading.Root);
        return file._errors.Count > 0 ? new(null, file._errors) : new(configuration, []);
    }

    private static TextReading Load(string path, string name)
    {
        try
        {
            var info = new FileInfo(path);
            if (info.Exists && info.Length > TextLimits.BytesMax) return Refused($"The file has {info.Length:N0} bytes; the limit is {TextLimits.BytesMax:N0}.");

            // A pipe or the like has a name without an ending, and is YAML, too.
            return TextReading.Read(name, File.ReadAllBytes(path));
        }
        catch (FileNotFoundException)
        {
            return Refused("There is no such file.");
        }
        catch (DirectoryNotFoundException)
        {
            return Refused("There is no such file.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Refused("It can't be read: " + e.Message);
        }

        TextReading Refused(string message) => new(null, [new(name, 1, 1, "", message)]);
    }

    private Configuration ReadRoot(Node root)
    {
        if (root is not MapNode map)
        {
            Refuse(root.Place, "", $"A configuration is an object with listen, admin, store and history, and this is {root.Kind}.");
            return Configuration.Empty;
        }

        KnowAll(map, "", Keys);
        return new()
        {
            Listen = map["listen"] is { } listen ? ReadListen(listen, "listen") : null,
            Admin = map["admin"] is { } admin ? ReadListen(admin, "admin") : null,
            Store = map["store"] is { } store ? ReadStore(store) : null,
            History = map["history"] is { } history ? ReadHistory(history) : new(),
        };
    }

    private IPEndPoint? ReadListen(Node node, string name)
    {
        if (ListenAddress.TryParse(TextOf(node), out var endpoint)) return endpoint;

        Refuse(node.Place, "/" + name, $"{name} is {Shown(node)}; {ListenAddress.Rule}");
        return null;
    }

    private StoreUrl? ReadStore(Node node)
    {
        if (TextOf(node) is not { } text)
        {
            Refuse(node.Place, "/store", $"store is a URL, such as sqlite:data, and this is {node.Kind}.");
            return null;
        }

        if (!StoreUrl.TryParse(text, out var url, out string? error)) Refuse(node.Place, "/store", error);
        return url is StoreUrl.Sqlite { Path: var path } ? new StoreUrl.Sqlite(Path.Combine(_folder, path)) : url;
    }

    private HistoryPolicy ReadHistory(Node node)
    {
        var policy = new HistoryPolicy();
        if (node is not MapNode map)
        {
            Refuse(node.Place, "/history", $"history is an object with age and revisions, and this is {node.Kind}.");
            return policy;
        }

        KnowAll(map, "/history", HistoryKeys);
        if (map["age"] is { } age)
        {
            if (AgeText.Parse(TextOf(age) ?? "") is { } parsed && parsed >= HistoryPolicy.AgeLeast) policy = policy with { AgeMax = parsed };
            else Refuse(age.Place, "/history/age", $"history.age is {Shown(age)}; it is a time such as 90m, 24h or 7d, at least 1h and at most 3650d.");
        }

        if (map["revisions"] is { } revisions)
        {
            if (revisions is ScalarNode { Type: ScalarKind.Number, Text: var digits }
                && long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out long count) && count >= HistoryPolicy.RevisionsLeast)
            {
                policy = policy with { RevisionsMax = count };
            }
            else
            {
                Refuse(revisions.Place, "/history/revisions", $"history.revisions is {Shown(revisions)}; it is a number, at least {HistoryPolicy.RevisionsLeast}.");
            }
        }

        return policy;
    }

    private void KnowAll(MapNode map, string pointer, string[] known)
    {
        foreach (var member in map.Members)
        {
            if (!known.Contains(member.Name))
                Refuse(member.Place, JsonPointer.Append(pointer, member.Name), $"'{member.Name}' is not known here.{NameHint.For(member.Name, known)}");
        }
    }

    private void Refuse(Place place, string pointer, string message) => _errors.Add(new(place.File, place.Line, place.Column, pointer, message));

    private static string? TextOf(Node node) => node is ScalarNode { Type: ScalarKind.String, Text: var text } ? text : null;

    private static string Shown(Node node) => node is ScalarNode { Type: not ScalarKind.Null, Text: { Length: > 0 and <= 60 } text } ? $"\"{text}\"" : node.Kind;
}
