using System.Threading.Channels;
using Npgsql;

namespace Stateway.Store.Postgres;

/// <summary>
/// Reads single entries, many with one statement: while one statement is under way, the next keys gather. Every read begins after it was
/// asked for, so it sees everything that was answered before, on whichever node.
/// </summary>
internal sealed class KeyReader : IAsyncDisposable
{
    private const int GroupMax = 256;
    private const int WaitingMax = 16_384;

    private readonly Database _database;
    private readonly Channel<Read> _waiting = Channel.CreateBounded<Read>(WaitingMax);
    private readonly Task[] _loops;

    public KeyReader(Database database, int connections)
    {
        _database = database;
        _loops = new Task[connections];
        for (int i = 0; i < connections; i++) _loops[i] = Task.Run(RunAsync);
    }

    /// <returns>Null when there is no such entry.</returns>
    /// <exception cref="StoreUnavailableException"/>
    /// <exception cref="ObjectDisposedException">The store is closed.</exception>
    public async ValueTask<Entry?> ReadAsync(CollectionTable table, Key key, CancellationToken ct)
    {
        if (!PathText.CanBe(key.Path)) return null;

        var read = new Read(table, key);
        if (!_waiting.Writer.TryWrite(read))
        {
            ObjectDisposedException.ThrowIf(_waiting.Reader.Completion.IsCompleted, typeof(PostgresStore));
            throw new StoreUnavailableException("Too many reads wait for the database.");
        }

        return await read.Answer.Task.WaitAsync(ct);
    }

    public async ValueTask DisposeAsync()
    {
        _waiting.Writer.TryComplete();
        await Task.WhenAll(_loops);
    }

    private async Task RunAsync()
    {
        NpgsqlConnection? connection = null;
        var reads = new List<Read>();
        while (await _waiting.Reader.WaitToReadAsync())
        {
            reads.Clear();
            while (reads.Count < GroupMax && _waiting.Reader.TryRead(out var read)) reads.Add(read);

            if (reads.Count > 0) connection = await AnswerAsync(connection, reads);
        }

        if (connection is not null) await connection.DisposeAsync();
    }

    /// <summary>The error policy: a connection that broke is replaced, and the reads are tried once more.</summary>
    /// <returns>The connection for the next group; null when it is gone.</returns>
    private async Task<NpgsqlConnection?> AnswerAsync(NpgsqlConnection? connection, List<Read> reads)
    {
        for (bool isLast = connection is null; ; isLast = true)
        {
            try
            {
                connection ??= await _database.ConnectAsync(CancellationToken.None);
                await ReadAsync(connection, reads);
                return connection;
            }
            catch (Exception e)
            {
                if (connection is not null) await connection.DisposeAsync();
                connection = null;
                if (!isLast && e is NpgsqlException) continue;

                foreach (var read in reads) read.Answer.TrySetException(e is NpgsqlException failure ? _database.Unavailable(failure) : e);
                return null;
            }
        }
    }

    private static async Task ReadAsync(NpgsqlConnection connection, List<Read> reads)
    {
        // Few collections at once, as a rule one: those read together are found by walking the list.
        var tables = new List<CollectionTable>();
        foreach (var read in reads)
        {
            if (!tables.Contains(read.Table)) tables.Add(read.Table);
        }

        await using var batch = new NpgsqlBatch(connection);
        foreach (var table in tables)
        {
            var paths = new List<string>();
            foreach (var read in reads)
            {
                if (ReferenceEquals(read.Table, table)) paths.Add(read.Key.Path);
            }

            batch.BatchCommands.Add(new(table.SelectSql) { Parameters = { Sql.Texts([.. paths]) } });
        }

        var found = new Dictionary<Key, Entry>();
        await using (var reader = await batch.ExecuteReaderAsync())
        {
            foreach (var table in tables)
            {
                while (await reader.ReadAsync())
                {
                    var key = new Key(table.Collection, reader.GetString(0));
                    found[key] = new(key, reader.GetInt64(1), new(reader.GetInt64(2), TimeSpan.Zero), reader.GetFieldValue<byte[]>(3));
                }

                await reader.NextResultAsync();
            }
        }

        foreach (var read in reads) read.Answer.TrySetResult(found.GetValueOrDefault(read.Key));
    }

    private sealed class Read(CollectionTable table, Key key)
    {
        public CollectionTable Table => table;

        public Key Key => key;

        public TaskCompletionSource<Entry?> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
