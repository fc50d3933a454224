using System.Text;
using Stateway.Model.Expressions;
using Xunit;

namespace Stateway.Store.Tests;

/// <summary>Short words for what the tests say to a store.</summary>
internal static class Stores
{
    public static readonly DateTimeOffset Noon = new(2024, 5, 1, 12, 0, 0, TimeSpan.Zero);

    public static CollectionSpec Collection(string name, params string[] fields) =>
        new(name, [.. fields.Select(field => Field(field))]);

    /// <param name="name">With dots; a <c>@</c> before it makes it a timestamp.</param>
    public static IndexedField Field(string name) =>
        name.StartsWith('@') ? new([.. name[1..].Split('.')], true) : new([.. name.Split('.')], false);

    public static Write Put(string collection, string path, string json, DateTimeOffset? time = null) =>
        new Write.Put(new(collection, path), time ?? Noon, Encoding.UTF8.GetBytes(json));

    public static Write Delete(string collection, string path) => new Write.Delete(new(collection, path));

    public static Transaction Of(params Write[] writes) => new([], [.. writes]);

    public static Transaction If(this Transaction transaction, params Precondition[] preconditions) =>
        transaction with { Preconditions = [.. preconditions] };

    public static ValueTask<CommitResult> CommitAsync(this IStore store, Transaction transaction) =>
        store.CommitAsync(transaction, CancellationToken.None);

    /// <returns>The revision that it is at now.</returns>
    public static async Task<long> WriteAsync(this IStore store, params Write[] writes) =>
        Assert.IsType<CommitResult.Committed>(await store.CommitAsync(Of(writes))).Revision;

    public static ValueTask<Entry?> GetAsync(this IStore store, string collection, string path) =>
        store.GetAsync(new(collection, path), CancellationToken.None);

    public static ValueTask DeclareAsync(this IStore store, params CollectionSpec[] collections) =>
        store.DeclareAsync(collections, CancellationToken.None);

    public static async Task<QueryResult.Page> PageAsync(this IStore store, Query query) =>
        Assert.IsType<QueryResult.Page>(await store.QueryAsync(query, CancellationToken.None));

    /// <returns>The paths of all pages, in order.</returns>
    public static async Task<List<string>> ListAsync(this IStore store, Query query)
    {
        var paths = new List<string>();
        do
        {
            var page = await store.PageAsync(query);
            paths.AddRange(page.Entries.Select(entry => entry.Key.Path));
            query = query with { After = page.Next };
        }
        while (query.After is not null);

        return paths;
    }

    public static ValueTask<PastEntry> GetAsync(this IStore store, string collection, string path, long revision) =>
        store.GetAsync(new(collection, path), revision, CancellationToken.None);

    /// <returns>The value, or the kind of the answer: <c>None</c>, <c>Gone</c>, <c>NotYet</c>.</returns>
    public static async Task<string> PastAsync(this IStore store, string collection, string path, long revision)
    {
        var past = await store.GetAsync(collection, path, revision);
        return past is PastEntry.Found found ? found.Entry.Json() : past.GetType().Name;
    }

    public static ValueTask<StoreState> StateAsync(this IStore store) => store.ReadStateAsync(CancellationToken.None);

    public static ValueTask CompactAsync(this IStore store, long revision) => store.CompactAsync(revision, CancellationToken.None);

    public static async Task<VersionPage> VersionsAsync(
        this IStore store, string collection, string path, long before = long.MaxValue, int limit = 100) =>
        await store.ReadVersionsAsync(new(collection, path), before, limit, CancellationToken.None);

    /// <returns>All commits behind a revision that changed something, read in steps.</returns>
    public static async Task<List<Commit>> LogAsync(this IStore store, long after, int changesMax = 1_000)
    {
        var commits = new List<Commit>();
        while (true)
        {
            var read = Assert.IsType<LogResult.Commits>(await store.ReadLogAsync(after, changesMax, CancellationToken.None));
            if (read.Through == after) return commits;

            commits.AddRange(read.Items.Where(commit => !commit.Changes.IsEmpty));
            after = read.Through;
        }
    }

    public static ValueTask<LeaseResult> TakeAsync(this IStore store, string name, string holder, int seconds = 3_600) =>
        store.TakeLeaseAsync(name, holder, TimeSpan.FromSeconds(seconds), CancellationToken.None);

    public static string Text(Entry? entry) =>
        entry is null ? "none" : $"{entry.Key} {entry.Revision} {entry.UpdateTime:O} {entry.Json()}";

    /// <summary>All of a commit but its time, which is the engine's.</summary>
    public static string Text(Commit commit) =>
        $"{commit.Revision}: " + string.Join(", ", commit.Changes.Select(Text).Order(StringComparer.Ordinal));

    public static string Text(Change change) => $"{change.Key} {Text(change.Before)} -> {Text(change.After)}";

    public static string Json(this Entry entry) => Encoding.UTF8.GetString(entry.Value.Span);

    /// <summary>A filter as a client writes it, over fields of a resource without a schema; a <c>@</c> before a name says that it is a timestamp.</summary>
    public static Expression Filter(string text)
    {
        var parsed = ExpressionParser.Parse(text.Replace("@", "ts_"));
        Assert.True(parsed.Expression is not null, $"{text}: {string.Join(" ", parsed.Errors)}");
        return Bind(parsed.Expression!);
    }

    private static Expression Bind(Expression expression) => expression switch
    {
        Expression.Variable { Name: var name } when name.StartsWith("ts_", StringComparison.Ordinal) => new Expression.Field(0, [name[3..]], true),
        Expression.Variable { Name: var name } => new Expression.Field(0, [name], false),
        Expression.Select select when Bind(select.Operand) is Expression.Field field => field with { Path = field.Path.Add(select.Member) },
        Expression.Has has => has with { Operand = Bind(has.Operand) },
        Expression.Not not => not with { Operand = Bind(not.Operand) },
        Expression.Negate negate => negate with { Operand = Bind(negate.Operand) },
        Expression.Binary binary => binary with { Left = Bind(binary.Left), Right = Bind(binary.Right) },
        Expression.Call call => call with { Arguments = [.. call.Arguments.Select(Bind)] },
        Expression.List list => list with { Items = [.. list.Items.Select(Bind)] },
        _ => expression,
    };
}
