using System.Text;
using System.Text.Json;
using Stateway.Client.Files;
using Stateway.Client.Kinds;
using Stateway.Client.Plans;

namespace Stateway.Client.Editing;

/// <summary>
/// One editing of a resource: fetch, open, write on condition that nobody else has; what is refused is opened again, with
/// the reasons above it. Leaving the text as it is ends it, and keeps what was written in a file.
/// </summary>
internal sealed class Edit(Session session, ResourceName name)
{
    private const int RoundsMax = 50;

    public async Task<EditOutcome> RunAsync(CancellationToken ct)
    {
        var reply = await session.GetAsync(name, ct);
        if (reply is not Reply.Good { Body: { ValueKind: JsonValueKind.Object } current, ETag: var etag })
            return Fail(reply.IsMissing ? new($"There is no {name}.") : reply is Reply.Good ? new($"{name}: the server's answer is no resource.") : reply.ToFailure(name.Text));

        string original = ResourceText.Yaml(name, current, desired: true);
        var folder = Directory.CreateTempSubdirectory("stateway-edit-"); // 0700
        string file = Path.Combine(folder.FullName, name.Text.Replace('/', '.') + ".yaml");
        string[] notes = ["What a # begins is left out. Save and leave to write it; leave it as it is to stop."];
        string text = original;
        bool keep = false;
        try
        {
            using (PrivateFile.Create(file)) { }

            for (int round = 0; round < RoundsMax; round++)
            {
                string opened = WithNotes($"{name}", notes, text);
                await File.WriteAllTextAsync(file, opened, ct);
                if (await Editor.OpenAsync(file) is { } failure) return Fail(failure);

                string saved = await File.ReadAllTextAsync(file, ct);
                text = WithoutNotes(saved);
                if (saved == opened || text.Trim().Length == 0 || text == original)
                {
                    if (round == 0 || text == original) return new EditOutcome.Unchanged();

                    keep = true;
                    return Fail(new($"Nothing was written. What you wrote is in {file}."));
                }

                var (resource, wrong) = Read(text);
                if (resource is null)
                {
                    notes = wrong;
                    continue;
                }

                var put = await session.Api.SendAsync(new(HttpMethod.Put, name.Path)
                {
                    Body = JsonSerializer.SerializeToUtf8Bytes(resource.Body),
                    Headers = etag is null ? [] : [("If-Match", etag)],
                }, ct);
                if (put is Reply.Good) return new EditOutcome.Written();
                if (put is Reply.Lost lost)
                {
                    keep = true;
                    return Fail(new($"{lost.Why} What you wrote is in {file}."));
                }

                var problem = ((Reply.Refused)put).Problem;
                if (problem.Status == 412)
                {
                    var again = await session.GetAsync(name, ct);
                    if (again is not Reply.Good { Body: { ValueKind: JsonValueKind.Object } now, ETag: var newTag })
                    {
                        keep = true;
                        return Fail(new($"{(again.IsMissing ? $"{name} was deleted meanwhile." : "It was changed meanwhile.")} What you wrote is in {file}."));
                    }

                    notes =
                    [
                        $"{await LastChange.OfAsync(session, name, ct)} That was while you were editing:",
                        .. FieldChange.Between(name.Kind, current, now).Select(change => "  " + change),
                        "Change anything, if only this line, to write your text over that; leave it as it is to stop.",
                    ];
                    (etag, current) = (newTag, now);
                    continue;
                }

                var refusal = ProblemText.Of(problem, "");
                notes = ["The server refuses this:", refusal.What, .. refusal.Where.Select(line => "  " + line)];
            }

            keep = true;
            return Fail(new($"That did not come to an end. What you wrote is in {file}."));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Fail(new($"{file} can't be used: {e.Message}"));
        }
        finally
        {
            if (!keep) folder.Delete(recursive: true);
        }
    }

    private (FileResource? Resource, string[] Wrong) Read(string text)
    {
        var reading = ResourceFiles.Read("text", Encoding.UTF8.GetBytes(text), session.Kinds);
        if (reading.Errors.Count > 0) return (null, ["This can't be read (lines are counted without these):", .. reading.Errors.Select(error => "  " + error)]);
        if (reading.Resources is not [var resource]) return (null, ["This must stay one resource."]);
        return resource.Name.Equals(name) ? (resource, []) : (null, [$"This must stay {name}: kind and ids can't be changed."]);
    }

    private static string WithNotes(string title, string[] notes, string text)
    {
        var all = new StringBuilder();
        foreach (string note in notes.Prepend(title).SelectMany(note => note.Split('\n'))) all.Append("# ").Append(note).Append('\n');
        return all.Append(text).ToString();
    }

    /// <summary>The lines at the top that begin with #; the editor's user may have changed them.</summary>
    private static string WithoutNotes(string text)
    {
        int at = 0;
        while (at < text.Length && text[at] == '#')
        {
            int end = text.IndexOf('\n', at);
            at = end < 0 ? text.Length : end + 1;
        }

        return text[at..];
    }

    private static EditOutcome.Failed Fail(Failure failure) => new(failure);
}
