using System.Net;
using Stateway.TestKit;
using Xunit;

namespace Stateway.EndToEnd.Tests.Faults;

/// <summary>
/// A client that follows a collection from its beginning until a thing named <see cref="End"/> appears, and resumes
/// wherever it is cut off. It takes no event that is out of order, or comes twice.
/// </summary>
internal sealed class Follower
{
    public const string End = "end";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    private readonly List<WatchedEvent> _events = [];
    private readonly TaskCompletionSource _began = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly bool _isStream;
    private volatile Uri _server;
    private Task _following = Task.CompletedTask;
    private long _position = -1;

    private Follower(Uri server, bool isStream) => (_server, _isStream) = (server, isStream);

    /// <summary>How often it had to resume.</summary>
    public int Cuts { get; private set; }

    /// <summary>Returns when it follows.</summary>
    /// <param name="isStream">As server-sent events; otherwise as lines.</param>
    public static async Task<Follower> StartAsync(Uri server, bool isStream)
    {
        var follower = new Follower(server, isStream);
        follower._following = Task.Run(follower.FollowAsync);
        await Task.WhenAny(follower._began.Task, follower._following).WaitAsync(Patience);
        return follower;
    }

    /// <summary>It resumes there when it is cut off.</summary>
    public void MoveTo(Uri server) => _server = server;

    /// <summary>Waits for the end; then compares what was told with what was acknowledged and with what is there.</summary>
    /// <param name="stored">Numbers by ids, as <see cref="Load.CheckAsync"/> found them, without <see cref="End"/>.</param>
    public async Task CheckAsync(Load load, Uri server, Dictionary<string, int> stored)
    {
        await _following.WaitAsync(Patience);

        var state = new Dictionary<string, int>();
        foreach (var told in _events.Where(e => e.Id != End))
        {
            int number = told.Object.GetProperty("n").GetInt32();
            switch (told.Type)
            {
                case "added":
                    Assert.True(state.TryAdd(told.Id, number), $"{told} was there already.");
                    break;
                case "modified":
                    Assert.True(state.ContainsKey(told.Id), $"{told} was not there.");
                    state[told.Id] = number;
                    break;
                default:
                    Assert.True(state.Remove(told.Id), $"{told} was not there.");
                    break;
            }
        }

        Assert.Equal(stored.OrderBy(s => s.Key, StringComparer.Ordinal), state.OrderBy(s => s.Key, StringComparer.Ordinal));

        var revisions = _events.ToLookup(e => e.Id, e => e.Revision);
        foreach (var attempt in load.Attempts.Where(a => a.Outcome == AttemptOutcome.Acknowledged))
        {
            foreach (string id in attempt.Ids) Assert.Single(revisions[id], revision => revision == attempt.Revision);
        }

        // Every version that there was, the unacknowledged ones, too.
        foreach (string id in load.Attempts.Select(a => a.Ids[0]).Where(id => id.StartsWith("counter", StringComparison.Ordinal)).Distinct())
            Assert.Equal((await load.HistoryAsync(server, id)).Select(v => v.Revision), revisions[id]);
    }

    private async Task FollowAsync()
    {
        using var limit = new CancellationTokenSource(Patience * 2);
        var unfinished = new List<WatchedEvent>(); // of a revision that may yet be cut
        while (!_events.Exists(e => e.Id == End))
        {
            limit.Token.ThrowIfCancellationRequested();
            try
            {
                string[] headers = _isStream ? ["Accept: text/event-stream", .. _position < 0 ? (string[])[] : [$"Last-Event-ID: {_position}"]] : [];
                using var watch = await WatchReader.OpenAsync(_server, "/things?watch=true" + (_position < 0 || _isStream ? "" : $"&revision={_position}"), headers);
                if (watch.Status != HttpStatusCode.OK)
                {
                    Assert.Equal(HttpStatusCode.ServiceUnavailable, watch.Status);
                    Assert.NotNull(watch["Retry-After"]);
                }
                else
                {
                    await ReadAsync(watch, unfinished);
                }
            }
            catch (Exception e) when (e is IOException or HttpRequestException)
            {
                // It was cut off, or nobody is there.
            }

            unfinished.Clear();
            if (!_events.Exists(e => e.Id == End))
            {
                Cuts++;
                await Task.Delay(Pause, limit.Token);
            }
        }
    }

    private async Task ReadAsync(WatchReader watch, List<WatchedEvent> unfinished)
    {
        while (await watch.NextAsync() is { } next)
        {
            if (next.Type == "bookmark")
            {
                Assert.True(next.IsInitial || unfinished.Count == 0, $"{next} behind a part of {unfinished.LastOrDefault()}");
                Assert.True(next.Revision >= _position, $"{next} behind {_position}");
            }
            else
            {
                Assert.NotEqual("error", next.Type);
                Assert.True(next.Revision > _position, $"{next} behind {_position}");
                Assert.True(unfinished.Count == 0 || _position < 0 || unfinished[^1].Revision == next.Revision, $"{next} behind a part of {unfinished.LastOrDefault()}");
                unfinished.Add(next);
                if (next.More) continue;
            }

            _events.AddRange(unfinished);
            unfinished.Clear();
            _position = next.Revision;
            _began.TrySetResult();
            if (_events.Count > 0 && _events[^1].Id == End) return;
        }
    }
}
