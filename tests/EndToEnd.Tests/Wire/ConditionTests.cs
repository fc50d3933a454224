using System.Globalization;
using Xunit;

namespace Stateway.EndToEnd.Tests.Wire;

/// <summary>ETags in all their forms, and what If-Match, If-None-Match and the date fields do with them.</summary>
public sealed class ConditionTests(WireProgram wire) : IClassFixture<WireProgram>
{
    private static readonly string Long = new('x', 3_000);

    [Fact]
    public async Task Every_form_has_a_strong_tag_of_its_own_and_any_of_them_will_do_for_a_write()
    {
        (await wire.PutAsync("/things/forms", $$$"""{"name":"a","extra":{"long":"{{{Long}}}"}}""")).Expect(201);
        string[][] forms =
        [
            [], ["Accept: application/xml"], ["Accept-Encoding: gzip"], ["Accept-Encoding: br"],
            ["Accept: application/xml", "Accept-Encoding: gzip"], ["Accept: application/xml", "Accept-Encoding: br"],
        ];
        for (int i = 0; i < forms.Length; i++)
        {
            var tags = new List<string>();
            foreach (string[] form in forms) tags.Add((await wire.GetAsync("/things/forms", form)).Expect(200).ETag);
            Assert.Equal(forms.Length, tags.Distinct().Count());
            Assert.All(tags, tag => Assert.Matches("^\"[^\"]+\"$", tag));

            // 304 only for the tag of the very form.
            for (int j = 0; j < forms.Length; j++)
            {
                var answer = await wire.GetAsync("/things/forms", [.. forms[i], "If-None-Match: " + tags[j]]);
                Assert.Equal(i == j ? 304 : 200, answer.Status);
                Assert.Equal(tags[i], answer.ETag);
                Assert.Equal("Accept, Accept-Encoding", answer["Vary"]);
                if (i == j) Assert.Empty(answer.Bytes);
            }

            (await wire.GetAsync("/things/forms", "If-None-Match: \"other\", " + tags[0])).Expect(304);
            (await wire.GetAsync("/things/forms", "If-None-Match: W/" + tags[0])).Expect(304); // weak comparison
            (await wire.GetAsync("/things/forms", "If-None-Match: *")).Expect(304);
            (await wire.GetAsync("/things/forms", "If-Match: " + tags[i])).Expect(200);
            (await wire.SendAsync("HEAD", "/things/forms", null, "If-None-Match: " + tags[0])).Expect(304);

            var changed = (await wire.PatchAsync("/things/forms", $$"""{"count":{{i}}}""", "If-Match: " + tags[i])).Expect(200);
            Assert.NotEqual(tags[0], changed.ETag);
            foreach (string tag in tags) Failed(await wire.PatchAsync("/things/forms", """{"count":9}""", "If-Match: " + tag), changed.ETag);
            (await wire.GetAsync("/things/forms", "If-None-Match: " + tags[i])).Expect(200);
            Failed(await wire.GetAsync("/things/forms", "If-Match: " + tags[0]), changed.ETag);
        }
    }

    [Fact]
    public async Task A_write_answers_with_the_tag_that_a_read_gives_in_the_same_form()
    {
        string body = $$$"""{"name":"a","extra":{"long":"{{{Long}}}"}}""";
        foreach (string[] form in new string[][] { [], ["Accept: application/xml"], ["Accept-Encoding: gzip"], ["Accept-Encoding: br", "Accept: text/xml"] })
        {
            Assert.Equal((await wire.PutAsync("/things/same", body, form)).Written().ETag, (await wire.GetAsync("/things/same", form)).ETag);
            Assert.Equal((await wire.PatchAsync("/things/same", "{}", form)).Expect(200).ETag, (await wire.GetAsync("/things/same", form)).ETag);
        }
    }

    [Fact]
    public async Task A_change_on_condition_happens_only_when_the_resource_is_still_the_same()
    {
        string first = (await wire.PutAsync("/things/cond", """{"name":"a"}""")).Expect(201).ETag;
        var second = (await wire.PutAsync("/things/cond", """{"name":"b"}""", "If-Match: " + first)).Expect(200);

        Failed(await wire.PutAsync("/things/cond", """{"name":"c"}""", "If-Match: " + first), second.ETag);
        Failed(await wire.PatchAsync("/things/cond", """{"name":"c"}""", "If-Match: " + first), second.ETag);
        Failed(await wire.PostAsync("/things/cond/close", null, "If-Match: " + first), second.ETag);
        Failed(await wire.PostAsync("/things/cond:close", null, "If-Match: " + first), second.ETag);
        Failed(await wire.PostAsync("/things/cond/quote", null, "If-Match: " + first), second.ETag);
        Failed(await wire.DeleteAsync("/things/cond", "If-Match: " + first), second.ETag);
        Failed(await wire.PutAsync("/things/cond", """{"name":"c"}""", "If-Match: W/" + second.ETag), second.ETag); // strong comparison
        Assert.Equal(second.Text, (await wire.GetAsync("/things/cond")).Text);

        (await wire.PostAsync("/things/cond/quote", null, "If-Match: " + second.ETag)).Expect(200);
        var closed = (await wire.PostAsync("/things/cond:close", null, $"If-Match: {first}, {second.ETag}")).Expect(200);
        (await wire.DeleteAsync("/things/cond", "If-Match: " + closed.ETag)).Expect(204);
    }

    [Fact]
    public async Task If_Match_asks_that_the_resource_exists()
    {
        foreach (string condition in new[] { "If-Match: *", "If-Match: \"1-j\"" })
        {
            (await wire.PutAsync("/things/none", """{"name":"a"}""", condition)).Problem(412, "PRECONDITION_FAILED");
            (await wire.PatchAsync("/things/none", """{"name":"a"}""", condition)).Problem(412, "PRECONDITION_FAILED");
            (await wire.DeleteAsync("/things/none", condition)).Problem(412, "PRECONDITION_FAILED");
        }

        (await wire.PutAsync("/things/star", """{"name":"a"}""")).Expect(201);
        (await wire.PutAsync("/things/star", """{"name":"b"}""", "If-Match: *")).Expect(200);
        (await wire.DeleteAsync("/things/star", "If-Match: *")).Expect(204);
        (await wire.GetAsync("/things/none")).Problem(404, "NOT_FOUND");
    }

    [Fact]
    public async Task If_None_Match_star_creates_only()
    {
        var created = (await wire.PutAsync("/things/once", """{"name":"a"}""", "If-None-Match: *")).Expect(201);
        Failed(await wire.PutAsync("/things/once", """{"name":"b"}""", "If-None-Match: *"), created.ETag);
        Assert.Equal("a", (string?)(await wire.GetAsync("/things/once")).Json["name"]);

        var answers = await Task.WhenAll(Enumerable.Range(0, 16).Select(i => wire.PutAsync("/things/raced", """{"name":"a"}""", "If-None-Match: *")));
        Assert.Single(answers, a => a.Status == 201);
        Assert.Equal(15, answers.Count(a => a.Status == 412));
    }

    [Fact]
    public async Task Date_conditions_work_to_the_second_and_in_all_three_forms_of_dates()
    {
        var created = (await wire.PutAsync("/things/dates", """{"name":"a"}""")).Expect(201);
        var modified = DateTimeOffset.ParseExact(created["Last-Modified"]!, "r", CultureInfo.InvariantCulture);
        foreach (string format in new[] { "r", "dddd, dd-MMM-yy HH:mm:ss 'GMT'", "ddd MMM d HH:mm:ss yyyy" })
        {
            string at = modified.ToString(format, CultureInfo.InvariantCulture);
            string before = modified.AddSeconds(-1).ToString(format, CultureInfo.InvariantCulture);
            string after = modified.AddSeconds(1).ToString(format, CultureInfo.InvariantCulture);

            Assert.Equal(created.ETag, (await wire.GetAsync("/things/dates", "If-Modified-Since: " + at)).Expect(304).ETag);
            (await wire.GetAsync("/things/dates", "If-Modified-Since: " + after)).Expect(304);
            (await wire.GetAsync("/things/dates", "If-Modified-Since: " + before)).Expect(200);
            (await wire.GetAsync("/things/dates", "If-Unmodified-Since: " + at)).Expect(200);
            Failed(await wire.GetAsync("/things/dates", "If-Unmodified-Since: " + before), created.ETag);
            Failed(await wire.PatchAsync("/things/dates", "{}", "If-Unmodified-Since: " + before), created.ETag);
            Failed(await wire.DeleteAsync("/things/dates", "If-Unmodified-Since: " + before), created.ETag);
        }

        (await wire.PatchAsync("/things/dates", "{}", "If-Unmodified-Since: " + modified.AddMinutes(1).ToString("r", CultureInfo.InvariantCulture))).Expect(200);
        (await wire.GetAsync("/things/dates", "If-Modified-Since: yesterday")).Expect(200); // no date: ignored
        (await wire.PatchAsync("/things/dates", "{}", "If-Unmodified-Since: yesterday")).Expect(200);
    }

    [Fact]
    public async Task Tags_go_before_dates()
    {
        var created = (await wire.PutAsync("/things/order", """{"name":"a"}""")).Expect(201);
        string past = "Mon, 01 Jan 2001 00:00:00 GMT";
        string future = DateTimeOffset.Parse((string)created.Json["update_time"]!, CultureInfo.InvariantCulture).AddDays(1).ToString("r", CultureInfo.InvariantCulture);
        (await wire.GetAsync("/things/order", "If-None-Match: " + created.ETag, "If-Modified-Since: " + past)).Expect(304);
        (await wire.GetAsync("/things/order", "If-None-Match: \"other\"", "If-Modified-Since: " + future)).Expect(200);
        (await wire.GetAsync("/things/order", "If-Match: " + created.ETag, "If-Unmodified-Since: " + past)).Expect(200);
        (await wire.PatchAsync("/things/order", "{}", "If-Match: " + created.ETag, "If-Unmodified-Since: " + past)).Expect(200);
    }

    [Fact]
    public async Task A_collection_that_requires_a_condition_refuses_a_change_without_one()
    {
        var created = (await wire.PutAsync("/guarded/g", """{"title":"a"}""")).Expect(201); // nothing is there to overwrite
        foreach (var answer in new[]
        {
            await wire.PutAsync("/guarded/g", """{"title":"b"}"""),
            await wire.PatchAsync("/guarded/g", """{"title":"b"}"""),
            await wire.DeleteAsync("/guarded/g"),
        })
        {
            answer.Problem(428, "PRECONDITION_REQUIRED");
            Assert.Equal(created.ETag, answer.ETag);
        }

        string etag = (await wire.PutAsync("/guarded/g", """{"title":"b"}""", "If-Match: " + created.ETag)).Expect(200).ETag;
        etag = (await wire.PatchAsync("/guarded/g", """{"title":"c"}""", "If-Match: " + etag)).Expect(200).ETag;
        Failed(await wire.PostAsync("/guarded/g/advance", null, "If-Match: " + created.ETag), etag);
        etag = (await wire.PostAsync("/guarded/g/advance", null, "If-Match: " + etag)).Expect(200).ETag;
        etag = (await wire.PostAsync("/guarded/g/advance", null)).Expect(200).ETag; // an action brings its own condition
        (await wire.DeleteAsync("/guarded/g", "If-Match: " + etag)).Expect(204);
        (await wire.DeleteAsync("/guarded/g")).Problem(404, "NOT_FOUND");
        (await wire.PostAsync("/guarded", """{"title":"a"}""")).Expect(201);
        (await wire.GetAsync("/guarded")).Expect(200);
    }

    [Fact]
    public async Task A_list_has_a_weak_tag_that_stays_while_what_it_shows_stays()
    {
        for (int i = 0; i < 3; i++) (await wire.PutAsync($"/rows/l{i}", $$"""{"n":{{i}},"group":"a"}""")).Expect(201);
        const string Url = "/rows?group=a&max_page_size=5";
        var list = (await wire.GetAsync(Url)).Expect(200);
        Assert.StartsWith("W/\"", list.ETag, StringComparison.Ordinal);
        string xml = (await wire.GetAsync(Url, "Accept: application/xml")).Expect(200).ETag;
        Assert.NotEqual(list.ETag, xml);

        (await wire.PutAsync("/rows/elsewhere", """{"group":"b"}""")).Expect(201); // the store's revision moves on
        (await wire.PutAsync("/planets/elsewhere", """{"name":"b"}""")).Expect(201);
        Assert.Equal(list.ETag, (await wire.GetAsync(Url)).Expect(200).ETag);
        var unchanged = (await wire.GetAsync(Url, "If-None-Match: " + list.ETag)).Expect(304);
        Assert.Equal(list.ETag, unchanged.ETag);
        Assert.Empty(unchanged.Bytes);
        (await wire.GetAsync(Url, "If-None-Match: " + xml, "Accept: application/xml")).Expect(304);
        (await wire.GetAsync(Url, "If-None-Match: " + xml)).Expect(200);
        (await wire.GetAsync(Url, "If-None-Match: *")).Expect(304);
        (await wire.SendAsync("HEAD", Url, null, "If-None-Match: " + list.ETag)).Expect(304);

        // A change, an addition and a removal each give another one; so does another page size that cuts the page.
        var tags = new HashSet<string> { list.ETag };
        (await wire.PatchAsync("/rows/l1", """{"n":7}""")).Expect(200);
        Assert.True(tags.Add((await wire.GetAsync(Url, "If-None-Match: " + list.ETag)).Expect(200).ETag));
        (await wire.PutAsync("/rows/l9", """{"group":"a"}""")).Expect(201);
        Assert.True(tags.Add((await wire.GetAsync(Url)).Expect(200).ETag));
        (await wire.DeleteAsync("/rows/l2")).Expect(204);
        Assert.True(tags.Add((await wire.GetAsync(Url)).Expect(200).ETag));
    }

    [Fact]
    public async Task Of_two_writers_with_the_same_tag_exactly_one_succeeds()
    {
        string etag = (await wire.PutAsync("/things/duel", """{"name":"a"}""")).Expect(201).ETag;
        for (int round = 0; round < 100; round++)
        {
            var answers = await Task.WhenAll(
                wire.PutAsync("/things/duel", $$"""{"name":"put {{round}}"}""", "If-Match: " + etag),
                wire.PatchAsync("/things/duel", $$"""{"name":"patch {{round}}"}""", "If-Match: " + etag));
            var winner = Assert.Single(answers, a => a.Status == 200);
            Assert.Single(answers, a => a.Status == 412);
            var now = await wire.GetAsync("/things/duel");
            Assert.Equal(winner.Text, now.Text);
            etag = now.ETag;
        }
    }

    [Fact]
    public async Task A_writer_and_a_deleter_with_the_same_tag_do_not_both_succeed()
    {
        for (int round = 0; round < 50; round++)
        {
            string etag = (await wire.PutAsync($"/things/fate{round}", """{"name":"a"}""")).Expect(201).ETag;
            var answers = await Task.WhenAll(
                wire.PatchAsync($"/things/fate{round}", """{"name":"b"}""", "If-Match: " + etag),
                wire.DeleteAsync($"/things/fate{round}", "If-Match: " + etag));
            Assert.Single(answers, a => a.Status is 200 or 204);
            Assert.Single(answers, a => a.Status == 412);
            Assert.Equal(answers[1].Status == 204 ? 404 : 200, (await wire.GetAsync($"/things/fate{round}")).Status);
        }
    }

    [Fact]
    public async Task No_increment_of_32_concurrent_writers_is_lost()
    {
        const int Writers = 32, Increments = 10;
        (await wire.PutAsync("/things/counter", """{"name":"a","count":0}""")).Expect(201);
        await Task.WhenAll(Enumerable.Range(0, Writers).Select(async _ =>
        {
            for (int done = 0; done < Increments;)
            {
                var now = (await wire.GetAsync("/things/counter")).Expect(200);
                var answer = await wire.PatchAsync("/things/counter", $$"""{"count":{{(int)now.Json["count"]! + 1}}}""", "If-Match: " + now.ETag);
                Assert.True(answer.Status is 200 or 412, answer.Text);
                if (answer.Status == 200) done++;
            }
        }));
        Assert.Equal(Writers * Increments, (int?)(await wire.GetAsync("/things/counter")).Json["count"]);
    }

    [Fact]
    public async Task Concurrent_patches_without_a_condition_all_happen()
    {
        (await wire.PutAsync("/things/merge", """{"name":"a","extra":{}}""")).Expect(201);
        var answers = await Task.WhenAll(Enumerable.Range(0, 16).Select(i => wire.PatchAsync("/things/merge", $$$"""{"extra":{"k{{{i}}}":{{{i}}}}}""")));
        Assert.All(answers, a => a.Expect(200));
        Assert.Equal(16, (await wire.GetAsync("/things/merge")).Json["extra"]!.AsObject().Count);
    }

    private static void Failed(Answer answer, string current)
    {
        answer.Problem(412, "PRECONDITION_FAILED");
        Assert.Equal(Revision(current), Revision(answer.ETag));
    }

    /// <summary>A refusal names the current revision; which form its tag is of does not matter for a write.</summary>
    private static string Revision(string etag) => etag[..etag.IndexOf('-')];
}
