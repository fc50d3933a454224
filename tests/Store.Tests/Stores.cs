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
