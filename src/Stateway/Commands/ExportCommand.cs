using System.CommandLine;
using System.Text;
using Stateway.Client;
using Stateway.Client.Files;
using Stateway.Client.Kinds;

namespace Stateway.Commands;

/// <summary><c>stateway export [KIND…]</c>: writes resources as files that <c>apply</c> takes back.</summary>
internal static class ExportCommand
{
    public static Command Create()
    {
        var kinds = new Argument<string[]>("KIND") { Description = "Kinds to export [default: all that can be written].", Arity = ArgumentArity.ZeroOrMore };
        FolderArgument.RefuseOptions(kinds);
        var folder = new Option<string?>("--to") { Description = "Write a file for every resource into this folder, which must be empty or new, instead of to standard output.", HelpName = "FOLDER" };

        var command = new Command("export", """
            Writes resources as YAML that apply takes back.

              stateway export --to backup
              stateway export apis stages > shop.yaml
            """) { kinds, folder };
        command.SetClientAction((parsed, session, ct) => ExportAsync(session, parsed.GetValue(kinds) ?? [], parsed.GetValue(folder), ct));
        return command;
    }

    /// <summary>Of no use to another store, whose master key has not wrapped them.</summary>
    private const string KeysKind = "secret-keys";

    private static async Task<int> ExportAsync(Session session, string[] words, string? folder, CancellationToken ct)
    {
        var chosen = new List<Kind>();
        foreach (string word in words)
        {
            var (kind, whyNot) = session.Kinds.Find(word);
            if (kind is null) return ClientCommand.TellWrongWord(whyNot!);
            if (!kind.CanCreate || kind.Field("kind") is not null) return ClientCommand.Tell(new($"{kind.FullName} can't be exported: apply could not write them."));
            chosen.Add(kind);
        }

        if (words.Length == 0) chosen.AddRange(session.Kinds.All.Where(kind => kind.CanCreate && kind.Field("kind") is null && kind.FullName != KeysKind));
        if (folder is not null && WhyNotEmpty(folder) is { } why) return ClientCommand.Tell(new(why));

        var listings = new List<Listing>();
        using (var line = new ProgressLine(session.Time))
        {
            foreach (var kind in chosen.Distinct().OrderBy(kind => kind.Rank))
            {
                var listing = new Listing(session);
                if (await listing.ReadAsync(kind, [], "", ct) is { } failure) return ClientCommand.Tell(failure);
                if (listing.IsCut) return ClientCommand.Tell(new($"There are more than {Listing.RowsMax} {kind.FullName}."));

                listings.Add(listing);
                line.Show("resources read", listings.Sum(each => each.Rows.Count), 0);
            }
        }

        var resources = listings.SelectMany(listing => listing.Rows).ToArray();
        WarnOfHidden(resources.Select(resource => resource.Name.Kind).Distinct());
        return folder is null ? Print(resources) : Write(resources, folder);
    }

    private static int Print((ResourceName Name, System.Text.Json.JsonElement Body)[] resources)
    {
        for (int i = 0; i < resources.Length; i++)
        {
            if (i > 0) Console.Out.Write("---\n");
            Console.Out.Write(ResourceText.Yaml(resources[i].Name, resources[i].Body, desired: true));
        }

        return 0;
    }

    /// <summary>A file each, where its URL would be: <c>apis/shop/stages/live.yaml</c>.</summary>
    private static int Write((ResourceName Name, System.Text.Json.JsonElement Body)[] resources, string folder)
    {
        try
        {
            Directory.CreateDirectory(folder);
            foreach (var (name, body) in resources)
            {
                string file = Path.Combine(folder, name.Text + ".yaml");
                Directory.CreateDirectory(Path.GetDirectoryName(file)!);
                using var stream = new FileStream(file, FileMode.CreateNew); // two ids that a file system takes for one are not mixed up
                stream.Write(Encoding.UTF8.GetBytes(ResourceText.Yaml(name, body, desired: true)));
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return ClientCommand.Tell(new($"{folder} can't be written: {e.Message}"));
        }

        Terminal.Say(resources.Length == 1 ? $"1 resource in {folder}." : $"{resources.Length} resources in {folder}.");
        return 0;
    }

    private static string? WhyNotEmpty(string folder)
    {
        if (File.Exists(folder)) return $"{folder} is a file.";
        return Directory.Exists(folder) && Directory.EnumerateFileSystemEntries(folder).Any() ? $"{folder} is not empty; what is in it could be taken for a part of the export." : null;
    }

    private static void WarnOfHidden(IEnumerable<Kind> kinds)
    {
        foreach (var kind in kinds)
        {
            var hidden = kind.Fields.Where(field => field is { WriteOnly: true, ReadOnly: false }).Select(field => field.Name).ToArray();
            if (hidden.Length > 0) Terminal.Warning($"{kind.FullName}: the server does not show {string.Join(", ", hidden)}, so it is not in the export.");
        }
    }
}
